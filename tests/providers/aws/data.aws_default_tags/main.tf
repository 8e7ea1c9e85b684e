provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Team = "web" }
  }
}

data "aws_default_tags" "current" {}

output "value" {
  value = data.aws_default_tags.current.tags
}
