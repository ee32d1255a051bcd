"""The stack: the world, and all that pipelines talk to."""
