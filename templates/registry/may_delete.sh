# may_delete: without the right to delete, regctl would leave an empty image under the tag.
may_delete() { found regctl manifest delete "$repository@sha256:$(printf '%064d' 0)"; }
