"""The job runner, with the semantics of GitLab and GitLab Runner 17."""
