variable "project" {
  description = "Path of the folder that contains hashzip.toml. Make it relative to the configuration, such as \"$${path.root}/..\", so that plans are the same in every clone."
  type        = string
  nullable    = false
}

variable "function" {
  description = "Name of the function in hashzip.toml."
  type        = string
  nullable    = false
}

variable "function_name" {
  description = "Name of the function in AWS. By default the name in hashzip.toml."
  type        = string
  default     = null

  validation {
    condition     = var.function_name == null || can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must be 1 to 64 letters, digits, - and _."
  }
}

variable "description" {
  description = "Description of the function in AWS."
  type        = string
  default     = null
}

variable "memory_size" {
  description = "Memory of the function, in MB."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size must be a whole number from 128 to 10240 (MB)."
  }
}

variable "timeout" {
  description = "Time limit of an invocation, in seconds."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.timeout >= 1 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout must be a whole number from 1 to 900 (seconds)."
  }
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "layers" {
  description = "ARNs of the layer versions that the function uses, at most five."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.layers) <= 5
    error_message = "Lambda takes at most five layers."
  }
}

variable "log_retention_days" {
  description = "Number of days that CloudWatch keeps the logs; 0 keeps them forever."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days
    )
    error_message = "log_retention_days must be one of the values that CloudWatch accepts: 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "tracing_mode" {
  description = "X-Ray tracing. \"Active\" samples invocations and allows the role to write traces; \"PassThrough\" leaves the decision to the caller."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing_mode)
    error_message = "tracing_mode must be \"Active\" or \"PassThrough\"."
  }
}

variable "policy_json" {
  description = "IAM policy, as JSON, with the permissions that the function needs in addition to writing logs. It must be known when Terraform plans: use policies for one that depends on a new resource."
  type        = string
  default     = null

  validation {
    condition     = var.policy_json == null || can(jsondecode(var.policy_json).Statement)
    error_message = "policy_json must be an IAM policy as JSON; use data.aws_iam_policy_document.NAME.json."
  }
}

variable "policies" {
  description = "IAM policies, as JSON, by the names that they get in the role. They may depend on resources that do not exist yet."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for policy in values(var.policies) : can(jsondecode(policy).Statement)])
    error_message = "Each of policies must be an IAM policy as JSON; use data.aws_iam_policy_document.NAME.json."
  }
}

variable "tags" {
  description = "Tags of the function, its role and its log group."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "command" {
  description = "Command that runs hashzip, as a list of arguments. By default python3 runs the copy of hashzip that comes with the module; a module that `hashzip modules` has copied runs hashzip from the PATH."
  type        = list(string)
  default     = null
}

variable "build_during_plan" {
  description = "Whether a plan builds the zip if it is missing. Needed only if the function was deleted outside Terraform and the zip is gone too, and there is no store; see docs/terraform.md."
  type        = bool
  default     = false
  nullable    = false
}

variable "store" {
  description = "URL of a store in S3 that machines share, as s3://BUCKET/PREFIX: the build puts the package there, or finds it there, and the function comes from there. By default, no store."
  type        = string
  default     = null

  validation {
    condition     = var.store == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()-]+)*/?$", var.store))
    error_message = "store must be s3://BUCKET or s3://BUCKET/PREFIX."
  }
}
