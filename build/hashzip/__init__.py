"""AWS Lambda packages for Terraform, rebuilt only when their content changes."""

__version__ = "0.1.0"
