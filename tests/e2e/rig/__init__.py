"""The rig: the world, and all that pipelines talk to."""
