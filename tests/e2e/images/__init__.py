"""The images that jobs run in, and those that Docker Hub would have."""
