resource "aws_launch_template" "web" {
  name                   = "web"
  description            = "first"
  image_id               = "ami-0123456789abcdef0"
  instance_type          = "t3.micro"
  update_default_version = true
  user_data              = base64encode("#!/bin/sh\necho hello\n")

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = 20
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  iam_instance_profile {
    name = "web"
  }

  metadata_options {
    http_tokens = "required"
  }

  monitoring {
    enabled = true
  }

  network_interfaces {
    associate_public_ip_address = true
    security_groups             = ["sg-0123456789abcdef0"]
  }

  tags = { Name = "web" }
}
