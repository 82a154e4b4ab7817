"""Talk to the AWS account: functions, their code and their logs."""
