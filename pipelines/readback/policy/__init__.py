"""The fallback policy: read it, validate it, name its models, match its classes, turn it into rows."""
