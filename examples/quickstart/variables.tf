variable "name" {
  description = "What this stack is called; the names of its resources begin with it."
  type        = string
  default     = "quickstart"
}

variable "environment" {
  description = "Who relies on it, as a tag on everything."
  type        = string
  default     = "demo"
}

variable "region" {
  description = "Where it runs."
  type        = string
  default     = "us-east-1"
}

variable "cidr_block" {
  description = "The addresses of the network; each subnet gets a 256th of a /16."
  type        = string
  default     = "10.20.0.0/16"
}

variable "instance_count" {
  description = "How many web servers run, spread over the subnets."
  type        = number
  default     = 2
}

variable "instance_type" {
  description = "How large each web server is."
  type        = string
  default     = "t3.micro"
}

variable "ports" {
  description = "What the web servers answer to, by name."
  type        = map(number)
  default = {
    http  = 80
    https = 443
  }
}

variable "bucket_prefix" {
  description = "How the name of the bucket begins; the account follows, since names are global."
  type        = string
  default     = "quickstart-site"
}
