#!/usr/bin/env python3
"""Looks for sensitive values in every byte that the built binary writes.

usage: tests/chaos/canary.py BINARY [--shapes 1000] [--seed 1] [--aws] [--keep DIRECTORY]

A shape is a sensitive value in some form (a template, a map, JSON in a string, a number, ...) at some place (an
attribute, an output, a failing condition, an argument that is refused, ...), with a text in it that is nowhere else.
Shapes are put together into small stacks, and each stack is driven through the commands: planned, applied, killed in
the middle, changed, shown, explained, exported, rotated, destroyed. After every command all that it printed and every
file in the directory is searched for the text: in plain (which finds it escaped in JSON as well), in base64 and in
hexadecimal digits, in either case. Where Terraform shows a value in clear because it was asked to (`output -json`,
`output NAME`, `show -json`), its answer is not searched.

Exit code 0 where nothing was found. No network, no cloud: the providers are terraform_data and the utility ones. With
--aws there are objects of AWS besides, against a moto server that is started here and takes the part of the cloud; it
needs what tests/requirements.txt lists, and a binary with the SDK.
"""

import argparse
import base64
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STACK_SIZE = 25
# Filled where there is a moto server.
CREDENTIALS = {}
MARK = "canaryq"
NUMBER = 7310420000

# What a sensitive text is made into before it is used. S is the variable, and the result is text.
TEXT_FORMS = [
    "S",
    '"${S}"',
    '"before-${S}-after"',
    '"${upper(S)}"',
    'jsonencode({ password = S, other = ["x"] })',
    'jsonencode(["\\"", S])',
    "yamlencode({ deep = { password = S } })",
    'format("%s:%q", "user", S)',
    'join(",", ["a", S, "b"])',
    "(<<-EOT\n    user\n    ${S}\n  EOT\n)",
    "base64encode(S)",
    "urlencode(S)",
    'replace(S, "zz", "y")',
    'trimspace("  ${S}\\n")',
    'true ? S : "other"',
    "local.chain",
    "module.pass.text",
    "coalesce(null, S)",
    'one([S])',
    'lookup({ a = S }, "a", "none")',
    'element(["x", S], 1)',
    'try(S.nope, S)',
    'element(split("/", "a/${S}"), 1)',
    'sensitive("${S}x")',
    'substr("xx${S}", 2, -1)',
    "title(S)",
    'terraform_data.source.output',
    '"${S}\\n\\"quoted\\" <tag> & \\u00e9"',
]

# The same for values of any type.
VALUE_FORMS = TEXT_FORMS + [
    "[S]",
    'tolist(["a", S])',
    'toset(["a", S])',
    '{ a = "x", password = S }',
    "{ list = [{ deep = { deeper = [S, 1, null, true] } }] }",
    'tomap({ a = S, b = "b" })',
    '{ (S) = "as a key" }',
    'zipmap(["k"], [S])',
    "[for part in [S, S] : upper(part)]",
    "{ for key in [S] : key => key }",
    'merge({ a = 1 }, { b = S })',
    "jsondecode(jsonencode({ a = [S] }))",
    "setproduct([S], [1, 2])",
    "N",
    "[N, N + 1]",
    "{ n = N, text = tostring(N) }",
    "O",
    "O.password",
    "O.inner[0]",
    "[O, S, N]",
]

# Where a value may stand so that the stack can be applied.
GOOD_PLACES = [
    'resource "terraform_data" "RES" {\n  input = V\n}\n',
    'resource "terraform_data" "RES" {\n  triggers_replace = V\n}\n',
    'resource "terraform_data" "RES" {\n  input            = V\n  triggers_replace = [V]\n}\n',
    'resource "terraform_data" "RES" {\n  input = "plain"\n  lifecycle {\n    precondition {\n      condition     = V != null\n      error_message = "never ${S}"\n    }\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  count = 2\n  input = V\n}\n',
    'resource "terraform_data" "RES" {\n  for_each = { a = 1, b = 2 }\n  input    = [each.key, V]\n  lifecycle {\n    create_before_destroy = true\n  }\n  triggers_replace = V\n}\n',
    'resource "null_resource" "RES" {\n  triggers = { t = T }\n}\n',
    'resource "random_id" "RES" {\n  byte_length = 4\n  keepers     = { t = T }\n}\n',
    'resource "random_shuffle" "RES" {\n  input = ["a", T]\n}\n',
    'resource "random_id" "RES" {\n  byte_length = 4\n  prefix      = T\n}\n',
    'resource "random_pet" "RES" {\n  prefix = T\n}\n',
    'resource "random_string" "RES" {\n  length           = 12\n  override_special = T\n}\n',
    'resource "time_static" "RES" {\n  triggers = { t = T }\n}\n',
    'resource "terraform_data" "RES" {\n  input = V\n}\noutput "OUT" {\n  value     = terraform_data.RES.output\n  sensitive = true\n}\n',
    'output "OUT" {\n  value     = V\n  sensitive = true\n}\n',
    'output "OUT" {\n  value     = { a = V, plain = 1 }\n  sensitive = true\n  description = "an output"\n}\n',
    'locals {\n  RES = V\n}\nresource "terraform_data" "RES" {\n  input = local.RES\n}\n',
    'module "RES" {\n  source = "./pass"\n  text   = T\n}\nresource "terraform_data" "RES" {\n  input = module.RES.text\n}\n',
    'module "RES" {\n  source = "./made"\n  value  = V\n}\n',
    'check "RES" {\n  assert {\n    condition     = T == "other"\n    error_message = "this is ${S}"\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  input = "x"\n  provisioner "local-exec" {\n    command = "echo ${S}; echo $SECRET"\n    environment = { SECRET = T }\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  input = V\n  provisioner "local-exec" {\n    when    = destroy\n    command = "echo ${jsonencode(self.input)}"\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  input = V\n  lifecycle {\n    ignore_changes = [input]\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  input = { visible = "x", hidden = V }\n  lifecycle {\n    replace_triggered_by = [terraform_data.source]\n  }\n}\n',
    'resource "random_password" "RES" {\n  length  = 20\n  special = false\n  keepers = { t = T }\n}\noutput "OUT" {\n  value     = random_password.RES.result\n  sensitive = true\n}\n',
    'resource "terraform_data" "RES" {\n  input = ephemeralasnull(E)\n}\n',
    'ephemeral "random_password" "RES" {\n  length           = 8\n  override_special = E\n}\n',
]

# Where a value is refused, and a message must not say it.
BAD_PLACES = [
    'output "OUT" {\n  value = V\n}\n',
    'resource "terraform_data" "RES" {\n  for_each = toset([T])\n}\n',
    'resource "terraform_data" "RES" {\n  for_each = { a = V }\n  input = each.value.nope.nope\n}\n',
    'resource "terraform_data" "RES" {\n  count = T\n}\n',
    'resource "terraform_data" "RES" {\n  for_each = T\n}\n',
    'locals {\n  RES = tonumber(T)\n}\noutput "OUT" {\n  value = local.RES\n}\n',
    'locals {\n  RES = tobool(T)\n}\noutput "OUT" {\n  value = local.RES\n}\n',
    'output "OUT" {\n  value = jsondecode("{${S}")\n}\n',
    'output "OUT" {\n  value = yamldecode("a: [${S}")\n}\n',
    'output "OUT" {\n  value = base64decode("${S}!")\n}\n',
    'output "OUT" {\n  value = base64gunzip(base64encode(S))\n}\n',
    'output "OUT" {\n  value = csvdecode("a,b\\n\\"${S}")\n}\n',
    'output "OUT" {\n  value = parseint(S, 10)\n}\n',
    'output "OUT" {\n  value = parseint("${S}", 62) + T\n}\n',
    'output "OUT" {\n  value = regex("[${S}", "x")\n}\n',
    'output "OUT" {\n  value = regex("^never$", S)\n}\n',
    'output "OUT" {\n  value = cidrsubnet(S, 8, 1)\n}\n',
    'output "OUT" {\n  value = cidrhost("10.0.0.0/8", N * N * N)\n}\n',
    'output "OUT" {\n  value = timeadd(S, "1h")\n}\n',
    'output "OUT" {\n  value = timeadd("2020-01-01T00:00:00Z", S)\n}\n',
    'output "OUT" {\n  value = formatdate("\'${S}", "2020-01-01T00:00:00Z")\n}\n',
    'output "OUT" {\n  value = format("%d", S)\n}\n',
    'output "OUT" {\n  value = format("${S}%z", 1)\n}\n',
    'output "OUT" {\n  value = file(S)\n}\n',
    'output "OUT" {\n  value = templatefile("${S}.tpl", {})\n}\n',
    'output "OUT" {\n  value = templatestring(local.broken, { s = S })\n}\n',
    'output "OUT" {\n  value = filebase64sha256("./${S}")\n}\n',
    'output "OUT" {\n  value = { a = 1 }[S]\n}\n',
    'output "OUT" {\n  value = ["a"][S]\n}\n',
    'output "OUT" {\n  value = ["a"][N]\n}\n',
    'output "OUT" {\n  value = lookup({ a = 1 }, S)\n}\n',
    'output "OUT" {\n  value = index(["a"], S)\n}\n',
    'output "OUT" {\n  value = S.attribute\n}\n',
    'output "OUT" {\n  value = O.missing\n}\n',
    'output "OUT" {\n  value = O[S]\n}\n',
    'output "OUT" {\n  value = S + 1\n}\n',
    'output "OUT" {\n  value = !S\n}\n',
    'output "OUT" {\n  value = S ? 1 : 2\n}\n',
    'output "OUT" {\n  value = [for x in S : x]\n}\n',
    'output "OUT" {\n  value = { for x in [S, S] : x => 1 }\n}\n',
    'output "OUT" {\n  value = range(N)\n}\n',
    'output "OUT" {\n  value = element([], N)\n}\n',
    'output "OUT" {\n  value = bcrypt("x", N)\n}\n',
    'output "OUT" {\n  value = rsadecrypt("AAAA", S)\n}\n',
    'output "OUT" {\n  value = convert(S)\n}\n',
    'output "OUT" {\n  value = provider::nope::nope(S)\n}\n',
    'output "OUT" {\n  value = textdecodebase64(S, "UTF-8")\n}\n',
    'output "OUT" {\n  value = textencodebase64("x", S)\n}\n',
    'output "OUT" {\n  value = uuidv5(S, "x")\n}\n',
    'output "OUT" {\n  value = pow(S, 2)\n}\n',
    'output "OUT" {\n  value = zipmap([S, "b"], [1])\n}\n',
    'output "OUT" {\n  value = merge(S, {})\n}\n',
    'output "OUT" {\n  value = concat([1], S)\n}\n',
    'output "OUT" {\n  value = setproduct(S)\n}\n',
    'output "OUT" {\n  value = terraform_data.source[S]\n}\n',
    'output "OUT" {\n  value = one(["a", S])\n}\n',
    'output "OUT" {\n  value     = V\n  sensitive = true\n  precondition {\n    condition     = T == "other"\n    error_message = "this is ${S}"\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  input = V\n  lifecycle {\n    precondition {\n      condition     = T == "other"\n      error_message = "this is ${S}"\n    }\n  }\n}\n',
    'resource "terraform_data" "RES" {\n  input = V\n  lifecycle {\n    postcondition {\n      condition     = self.input == "other"\n      error_message = "this is ${jsonencode(self.input)}"\n    }\n  }\n}\n',
    'resource "random_integer" "RES" {\n  min = T\n  max = 5\n}\n',
    'resource "random_integer" "RES" {\n  min = N\n  max = 5\n}\n',
    'resource "random_password" "RES" {\n  length = T\n}\n',
    'resource "random_password" "RES" {\n  length = -N\n}\n',
    'resource "random_id" "RES" {\n  byte_length = T\n}\n',
    'resource "random_shuffle" "RES" {\n  input = T\n}\n',
    'resource "time_sleep" "RES" {\n  create_duration = T\n}\n',
    'resource "time_offset" "RES" {\n  base_rfc3339 = T\n  offset_days  = 1\n}\n',
    'resource "time_static" "RES" {\n  rfc3339 = T\n}\n',
    'resource "time_rotating" "RES" {\n  rotation_days = T\n}\n',
    'resource "tls_private_key" "RES" {\n  algorithm = T\n}\n',
    'resource "tls_private_key" "RES" {\n  algorithm = "RSA"\n  rsa_bits = T\n}\n',
    'resource "tls_self_signed_cert" "RES" {\n  private_key_pem       = T\n  validity_period_hours = 1\n  allowed_uses          = []\n}\n',
    'resource "tls_self_signed_cert" "RES" {\n  private_key_pem       = "x"\n  validity_period_hours = 1\n  allowed_uses          = [T]\n}\n',
    'resource "tls_cert_request" "RES" {\n  private_key_pem = T\n  ip_addresses    = [T]\n}\n',
    'resource "tls_locally_signed_cert" "RES" {\n  cert_request_pem      = T\n  ca_private_key_pem    = T\n  ca_cert_pem           = T\n  validity_period_hours = 1\n  allowed_uses          = []\n}\n',
    'data "tls_public_key" "RES" {\n  private_key_openssh = T\n}\n',
    'data "tls_public_key" "RES" {\n  private_key_pem = T\n}\n',
    'data "tls_certificate" "RES" {\n  content = T\n}\n',
    'data "tls_certificate" "RES" {\n  url = "https://${S}.invalid"\n}\n',
    'data "local_file" "RES" {\n  filename = T\n}\n',
    'data "local_sensitive_file" "RES" {\n  filename = "./${S}"\n}\n',
    'resource "local_file" "RES" {\n  filename = "/nowhere/${S}"\n  content  = T\n}\n',
    'resource "local_file" "RES" {\n  filename        = "/nowhere/x"\n  content         = T\n  file_permission = T\n}\n',
    'resource "local_sensitive_file" "RES" {\n  filename = "/nowhere/x"\n  content_base64  = T\n}\n',
    'data "terraform_remote_state" "RES" {\n  backend = T\n}\n',
    'data "terraform_remote_state" "RES" {\n  backend = "local"\n  config  = { path = T }\n}\n',
    'data "terraform_remote_state" "RES" {\n  backend = "evenkeel"\n  config  = { store = T, stack = T }\n}\n',
    'import {\n  to = terraform_data.RES\n  id = T\n}\nresource "terraform_data" "RES" {\n}\n',
    'resource "terraform_data" "RES" {\n  nope = V\n}\n',
    'resource "terraform_data" "RES" {\n  input = V\n  provisioner "local-exec" {\n    command = T + 1\n  }\n}\n',
    'module "RES" {\n  source = "./typed"\n  number = T\n}\n',
    'module "RES" {\n  source  = "./typed"\n  number  = 1\n  checked = T\n}\n',
    'module "RES" {\n  source = "./typed"\n  number = 1\n  object = V\n}\n',
    'module "RES" {\n  source   = "./pass"\n  text     = "x"\n  for_each = { (S) = 1 }\n}\n',
    'ephemeral "random_password" "RES" {\n  length = E\n}\n',
    'output "OUT" {\n  value = E\n}\n',
    'resource "terraform_data" "RES" {\n  input = E\n}\n',
    'locals {\n  RES = tonumber(E)\n}\nresource "terraform_data" "RES" {\n  input = ephemeralasnull(local.RES)\n}\n',
    'output "OUT" {\n  value = templatestring("%{ if S }x%{ endif }", {})\n}\n',
    'output "OUT" {\n  value = nonsensitive(tonumber(S))\n}\n',
    'resource "terraform_data" "RES" {\n  dynamic "nope" {\n    for_each = [S]\n    content {}\n  }\n}\n',
]

# The same for objects of AWS. P is the number of the shape.
AWS_GOOD_PLACES = [
    'resource "aws_instance" "RES" {\n  ami           = "ami-12c6146b"\n  instance_type = "t3.micro"\n  user_data     = T\n}\n',
    'resource "aws_instance" "RES" {\n  ami              = "ami-12c6146b"\n  instance_type    = "t3.micro"\n  user_data_base64 = base64encode(T)\n}\n',
    'resource "aws_vpc" "RES" {\n  cidr_block = "10.0.0.0/16"\n  tags       = { Name = T }\n}\noutput "OUT" {\n  value     = aws_vpc.RES.tags_all\n  sensitive = true\n}\n',
    'provider "aws" {\n  alias  = "RES"\n  region = "us-east-1"\n  default_tags {\n    tags = { Owner = T }\n  }\n}\nresource "aws_vpc" "RES" {\n  provider   = aws.RES\n  cidr_block = "10.0.0.0/16"\n}\n',
    'resource "aws_s3_bucket" "RES" {\n  bucket = "bucket-${lower(S)}"\n}\n',
    'resource "aws_s3_bucket" "RES" {\n  bucket = "canary-P"\n}\nresource "aws_s3_object" "RES" {\n  bucket  = aws_s3_bucket.RES.bucket\n  key     = "a"\n  content = T\n}\n',
    'resource "aws_s3_bucket" "RES" {\n  bucket = "canary-P"\n}\nresource "aws_s3_object" "RES" {\n  bucket         = aws_s3_bucket.RES.bucket\n  key            = S\n  content_base64 = base64encode(T)\n}\n',
    'resource "aws_s3_bucket" "RES" {\n  bucket = "canary-P"\n}\nresource "aws_s3_bucket_policy" "RES" {\n  bucket = aws_s3_bucket.RES.id\n  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "a", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "arn:aws:s3:::canary-P/${S}" }] })\n}\n',
    'resource "aws_iam_role" "RES" {\n  name               = "canary-P"\n  description        = "of ${S}"\n  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" }, Condition = { StringEquals = { "sts:ExternalId" = S } } }] })\n}\n',
    'resource "aws_iam_policy" "RES" {\n  name   = "canary-P"\n  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${S}" }] })\n}\n',
    'resource "aws_iam_user" "RES" {\n  name = "user-${S}"\n}\n',
    'resource "aws_cloudwatch_log_group" "RES" {\n  name = "/canary/${S}"\n}\n',
    'resource "aws_kms_key" "RES" {\n  description             = "key of ${S}"\n  deletion_window_in_days = 7\n}\n',
    'resource "aws_vpc" "RES" {\n  cidr_block = "10.0.0.0/16"\n}\nresource "aws_security_group" "RES" {\n  name   = "canary-P"\n  vpc_id = aws_vpc.RES.id\n  ingress {\n    from_port   = 22\n    to_port     = 22\n    protocol    = "tcp"\n    cidr_blocks = ["10.0.0.0/8"]\n    description = "for ${S}"\n  }\n}\n',
    'resource "tls_private_key" "RES" {\n  algorithm = "ED25519"\n}\nresource "aws_key_pair" "RES" {\n  key_name   = "key-${S}"\n  public_key = tls_private_key.RES.public_key_openssh\n}\n',
    'data "aws_ssm_parameter" "RES" {\n  name = "/canary/P"\n}\nresource "terraform_data" "RES" {\n  input = data.aws_ssm_parameter.RES.value\n}\n',
    'data "aws_ssm_parameter" "RES" {\n  name = terraform_data.RES.output\n}\nresource "terraform_data" "RES" {\n  input = "/canary/P"\n}\noutput "OUT" {\n  value     = data.aws_ssm_parameter.RES.value\n  sensitive = true\n}\n',
]

# And where AWS or the provider refuses it.
AWS_BAD_PLACES = [
    'resource "aws_instance" "RES" {\n  ami           = T\n  instance_type = "t3.micro"\n}\n',
    'resource "aws_instance" "RES" {\n  ami           = "ami-12c6146b"\n  instance_type = T\n  user_data     = S\n}\n',
    'resource "aws_vpc" "RES" {\n  cidr_block = T\n}\n',
    'resource "aws_subnet" "RES" {\n  vpc_id     = T\n  cidr_block = "10.0.0.0/24"\n}\n',
    'resource "aws_s3_bucket" "RES" {\n  bucket = "${S}_NO"\n}\n',
    'resource "aws_s3_object" "RES" {\n  bucket  = "none-${lower(S)}"\n  key     = S\n  content = T\n}\n',
    'resource "aws_iam_role" "RES" {\n  name               = "canary-P"\n  assume_role_policy = T\n}\n',
    'resource "aws_iam_role" "RES" {\n  name               = "canary-P"\n  assume_role_policy = jsonencode({ Version = S, Statement = [{ Effect = T }] })\n}\n',
    'resource "aws_iam_policy" "RES" {\n  name   = "canary-P"\n  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = S, Resource = T }] })\n}\n',
    'resource "aws_iam_role_policy_attachment" "RES" {\n  role       = "role-${S}"\n  policy_arn = T\n}\n',
    'resource "aws_key_pair" "RES" {\n  key_name   = "canary-P"\n  public_key = T\n}\n',
    'resource "aws_kms_alias" "RES" {\n  name          = "alias/${S}"\n  target_key_id = T\n}\n',
    'resource "aws_launch_template" "RES" {\n  name      = "canary-P"\n  user_data = T\n}\n',
    'resource "aws_vpn_connection" "RES" {\n  type                  = T\n  customer_gateway_id   = "cgw-${S}"\n  tunnel1_preshared_key = "0${S}!"\n}\n',
    'resource "aws_security_group_rule" "RES" {\n  type              = "ingress"\n  security_group_id = "sg-${S}"\n  from_port         = 1\n  to_port           = 1\n  protocol          = T\n  cidr_blocks       = [S]\n}\n',
    'data "aws_ssm_parameter" "RES" {\n  name = T\n}\n',
    'data "aws_iam_role" "RES" {\n  name = "role-${S}"\n}\n',
    'data "aws_ami" "RES" {\n  owners = [S]\n  filter {\n    name   = "name"\n    values = [T]\n  }\n}\n',
    'data "aws_s3_object" "RES" {\n  bucket = "none-${lower(S)}"\n  key    = T\n}\n',
    'provider "aws" {\n  alias  = "RES"\n  region = T\n}\nresource "aws_vpc" "RES" {\n  provider   = aws.RES\n  cidr_block = "10.0.0.0/16"\n}\n',
    'provider "aws" {\n  alias  = "RES"\n  region = "us-east-1"\n  allowed_account_ids = [S]\n}\nresource "aws_vpc" "RES" {\n  provider   = aws.RES\n  cidr_block = "10.0.0.0/16"\n}\n',
    'provider "aws" {\n  alias   = "RES"\n  region  = "us-east-1"\n  profile = S\n}\nresource "aws_vpc" "RES" {\n  provider   = aws.RES\n  cidr_block = "10.0.0.0/16"\n}\n',
    'provider "aws" {\n  alias  = "RES"\n  region = "us-east-1"\n  assume_role {\n    role_arn    = S\n    external_id = T\n  }\n}\nresource "aws_vpc" "RES" {\n  provider   = aws.RES\n  cidr_block = "10.0.0.0/16"\n}\n',
    'provider "aws" {\n  alias  = "RES"\n  region = "us-east-1"\n  endpoints {\n    ec2 = S\n  }\n}\nresource "aws_vpc" "RES" {\n  provider   = aws.RES\n  cidr_block = "10.0.0.0/16"\n}\n',
    'import {\n  to = aws_vpc.RES\n  id = T\n}\nresource "aws_vpc" "RES" {\n  cidr_block = "10.0.0.0/16"\n}\n',
]

AWS = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
"""

MODULES = {
    "pass/main.tf": 'variable "text" {\n  sensitive = true\n}\noutput "text" {\n  value     = var.text\n  sensitive = true\n}\n',
    "made/main.tf": 'variable "value" {}\nresource "terraform_data" "made" {\n  input = var.value\n}\noutput "made" {\n  value = terraform_data.made.output\n}\n',
    "typed/main.tf": 'variable "number" {\n  type = number\n}\nvariable "checked" {\n  default = ""\n  validation {\n    condition     = var.checked == ""\n    error_message = "not ${var.checked}"\n  }\n}\nvariable "object" {\n  type    = object({ nope = number })\n  default = null\n}\n',
}


class Shape:
    """One sensitive value at one place."""

    def __init__(self, number: int, place: str, form: str, good: bool):
        self.number, self.good, self.aws = number, good, '"aws_' in place
        self.text = f"{MARK}{number:05d}zx"
        self.second = f"{MARK}{number:05d}zy"
        self.numeral = NUMBER + number
        value = form if "V" in place else "S"
        text = form if form in TEXT_FORMS else '"${S}"'
        names = {"V": f"({value})" if "EOT" not in value else value, "T": text, "RES": f"r{number}", "OUT": f"o{number}", "P": str(number)}
        block = re.sub(r"\b(V|T|RES|OUT|P)\b", lambda found: names[found[1]], place)
        block = block.replace("local.chain", f"local.chain{number}").replace("module.pass.text", f"module.pass{number}.text")
        block = block.replace("terraform_data.source", f"terraform_data.source{number}")
        variables = {"S": f"var.s{number}", "N": f"var.n{number}", "O": f"var.o{number}", "E": f"var.e{number}"}
        self.block = re.sub(r"(?<![\w.\"])([SNOE])(?!\w)", lambda found: variables[found[1]], block)

    def declarations(self) -> str:
        n = self.number
        text = f'variable "s{n}" {{\n  sensitive = true\n}}\nvariable "n{n}" {{\n  type      = number\n  sensitive = true\n}}\n'
        text += f'variable "o{n}" {{\n  type      = object({{ password = string, inner = list(string) }})\n  sensitive = true\n}}\n'
        text += f'variable "e{n}" {{\n  type      = string\n  ephemeral = true\n  sensitive = true\n}}\n'
        text += f"locals {{\n  chain{n} = [var.s{n}][0]\n}}\n"
        text += f'module "pass{n}" {{\n  source = "./pass"\n  text   = var.s{n}\n}}\n'
        return text + f'resource "terraform_data" "source{n}" {{\n  input = var.s{n}\n}}\n'

    def values(self, second: bool) -> dict:
        n, text = self.number, self.second if second else self.text
        inner = f'{{"password": "{text}", "inner": ["{text}"]}}'
        return {f"s{n}": text, f"n{n}": str(self.numeral), f"o{n}": inner, f"e{n}": text}


def shapes(count: int, seed: int, aws: bool) -> list:
    """So many shapes: every place, with forms drawn by chance."""
    chance = random.Random(seed)
    good = max(1, count // 2)
    made = []
    for number in range(count):
        places = GOOD_PLACES if number < good else BAD_PLACES
        if aws:
            places = AWS_GOOD_PLACES + places if number < good else AWS_BAD_PLACES + places
        # Those of AWS stand in front and are all drawn.
        first = good if aws and number >= good else 0
        place = places[(number - first) % len(places)]
        made.append(Shape(number, place, chance.choice(VALUE_FORMS), number < good))
    return made


def patterns() -> re.Pattern:
    """The mark in every form that is looked for."""
    texts = {MARK, MARK.upper(), MARK.title()}
    found = set()
    for text in texts:
        raw = text.encode()
        found |= {raw, raw.hex().encode(), raw.hex().upper().encode(), raw.decode().encode("utf-16-le")}
        for shift in range(3):
            encoded = base64.b64encode(b"x" * shift + raw)
            # What depends on the neighbours is left out.
            found.add(encoded[(0, 2, 3)[shift] : len(encoded) - 4])
    numbers = rb"(?<![0-9a-f.])73104[0-9]{5}(?![0-9a-f])"
    return re.compile(b"|".join(re.escape(form) for form in sorted(found)) + b"|" + numbers)


PATTERN = patterns()


class Stack:
    """Some shapes in one directory, and what was found there."""

    def __init__(self, binary: pathlib.Path, directory: pathlib.Path, members: list, moto=None):
        self.binary, self.directory, self.members, self.moto = binary, directory, members, moto
        self.found, self.second, self.searched = [], False, 0
        self.drawn = set()
        directory.mkdir(parents=True)
        for name, text in MODULES.items():
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).write_text(text)
        head = AWS if any(member.aws for member in members) else ""
        (directory / "main.tf").write_text(head + "".join(s.declarations() + s.block for s in members) + 'locals {\n  broken = "$${nope.nope}${"x"}"\n}\n')

    def environment(self, home: pathlib.Path) -> dict:
        values = {}
        for member in self.members:
            values.update({f"TF_VAR_{name}": value for name, value in member.values(self.second).items()})
        if self.moto:
            values.update({**CREDENTIALS, "AWS_ENDPOINT_URL": self.moto.url})
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**kept, **values, "HOME": str(home), "TF_CLI_CONFIG_FILE": "/dev/null", "EVENKEEL_STACK": "default"}

    def run(self, *arguments: str, told: str = "", clear: bool = False, kill_after: float | None = None) -> subprocess.CompletedProcess:
        command = [str(self.binary), *arguments]
        home = self.directory.parent / f"{self.directory.name}-home"
        home.mkdir(exist_ok=True)
        process = subprocess.Popen(
            command, cwd=self.directory, env=self.environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            out, err = process.communicate(told.encode(), timeout=kill_after or 300)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        what = " ".join(arguments)
        if b"panicked" in err:
            self.found.append(f"{what}: panicked: {err.decode(errors='replace')[-400:]}")
        if not clear:
            self.search(f"{what}: standard output", out)
        self.search(f"{what}: standard error", err)
        for base in (self.directory, home):
            for path in sorted(base.rglob("*")):
                if path.is_file() and path.suffix != ".tf":
                    self.search(f"{what}: {path.name}", path.read_bytes())
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def search(self, where: str, content: bytes) -> None:
        self.searched += len(content)
        for hit in PATTERN.finditer(content):
            around = content[max(0, hit.start() - 60) : hit.end() + 30]
            self.found.append(f"{self.directory.name}: {where}: {around!r}")
        for secret in self.drawn:
            at = content.find(secret)
            if at >= 0:
                self.found.append(f"{self.directory.name}: {where}: a drawn password: {content[max(0, at - 60):at]!r}")

    def console(self, expressions: list) -> None:
        for expression in expressions:
            self.run("console", told=expression + "\n")

    def drive(self) -> None:
        if len(self.members) == 1:
            return self.drive_alone()
        self.run("init")
        self.run("validate")
        self.run("validate", "-json")
        self.run("plan")
        self.run("plan", "-json")
        if self.members[0].good:
            self.drive_good()
        else:
            self.drive_bad()
        if self.moto and self.members[0].aws:
            self.run("list")
            self.run("plan", "-probe-permissions")
        n = self.members[0].number
        self.console([f"var.s{n}", f"tonumber(var.s{n})", f"[var.o{n}, 1]", f"jsondecode(var.s{n})", f"file(var.s{n})", f"type(var.o{n})", f"var.s{n}.x", f"local.chain{n} + 1", f'{{a = var.n{n}}}'])

    def drive_alone(self) -> None:
        self.run("plan", "-out=failed.bin")
        self.run("apply", "-auto-approve", "-allow-local-exec")
        self.run("apply", "-auto-approve", "-json")
        self.run("history")

    def drive_bad(self) -> None:
        self.run("plan", "-out=failed.bin")
        self.run("show", "failed.bin")
        self.run("apply", "-auto-approve")
        self.run("apply", "-auto-approve", "-json")
        self.run("plan", "-record=failed.rec")
        self.run("plan", "-generate-config-out=made.tfx")
        self.run("graph")
        self.run("history")
        self.run("destroy", "-auto-approve")

    def drive_good(self) -> None:
        address = f"terraform_data.source{self.members[0].number}"
        self.expect(self.run("plan", "-out=plan.bin", "-record=plan.rec"))
        self.expect(self.run("show", "plan.bin"))
        self.run("show", "-json", "plan.bin", clear=True)
        self.expect(self.run("plan", "-replay=plan.rec"))
        self.run("apply", "-auto-approve", kill_after=0.05 + 0.01 * (self.members[0].number % 7))
        self.run("plan")
        self.expect(self.run("apply", "-auto-approve", "-allow-local-exec"))
        self.drawn = self.passwords()
        for line in (["show"], ["output"], ["state", "list"], ["state", "show", address], ["history"], ["history", address],
                     ["history", "-json"], ["audit", "verify"], ["audit", "export"], ["graph"], ["explain", address],
                     ["drift"], ["drift", "-json"], ["plan", "-json"], ["providers"], ["plan", "-destroy"], ["keys", "show"]):
            self.run(*line)
        self.run("output", "-json", clear=True)
        self.run("show", "-json", clear=True)
        self.run("state", "mv", address, "terraform_data.elsewhere")
        self.run("state", "mv", "terraform_data.elsewhere", address)
        self.run("taint", address)
        self.second = True
        self.run("plan")
        self.run("plan", "-json")
        self.run("explain", address)
        self.run("apply", "-auto-approve", "-allow-local-exec", kill_after=0.1)
        self.expect(self.run("apply", "-auto-approve", "-allow-local-exec", "-json"))
        self.run("keys", "rotate")
        self.run("audit", "verify")
        self.run("state", "rm", address)
        self.run("refresh")
        self.expect(self.run("destroy", "-auto-approve", "-allow-local-exec"))
        self.expect(self.run("audit", "verify"))

    def passwords(self) -> set:
        """What the provider drew: secrets that nobody has chosen."""
        import json

        out = self.run("output", "-json", clear=True).stdout
        wanted = [f"o{s.number}" for s in self.members if "random_password" in s.block and s.good]
        values = json.loads(out or b"{}")
        return {values[name]["value"].encode() for name in wanted if isinstance(values.get(name, {}).get("value"), str)}

    def expect(self, done: subprocess.CompletedProcess) -> None:
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode(errors="replace")
            at = max(0, said.find("Error"))
            self.found.append(f"{self.directory.name}: {' '.join(done.args[1:])} failed: {said[at:at + 600]}")


def started(made: list):
    """A moto server, with a parameter that holds the text of each shape."""
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    from support.world import CREDENTIALS as credentials, Moto

    CREDENTIALS.update(credentials)
    moto = Moto()
    parameters = moto.client("ssm")
    for shape in made:
        parameters.put_parameter(Name=f"/canary/{shape.number}", Value=shape.text, Type="SecureString")
    return moto


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--shapes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--aws", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    given = parser.parse_args()
    base = given.keep or pathlib.Path(tempfile.mkdtemp(prefix="evenkeel-canary-"))
    began, found, searched = time.monotonic(), [], 0
    made = shapes(given.shapes, given.seed, given.aws)
    moto = started(made) if given.aws else None
    good, bad = [s for s in made if s.good], [s for s in made if not s.good]
    # A mistake may hide another one, so that each is also made alone.
    groups = [part[at : at + STACK_SIZE] for part in (good, bad) for at in range(0, len(part), STACK_SIZE)]
    groups += [[member] for member in bad]
    for number, members in enumerate(groups):
        stack = Stack(given.binary.resolve(), base / f"stack-{number}", members, moto)
        stack.drive()
        found += stack.found
        searched += stack.searched
    if moto:
        moto.stop()
    if not given.keep:
        shutil.rmtree(base)
    for line in sorted(set(found))[:200]:
        print(f"error: {line}", file=sys.stderr)
    took = time.monotonic() - began
    print(f"canary: {given.shapes} shapes (seed {given.seed}) in {len(groups)} stacks, {searched / 1e6:.0f} MB searched in {took:.0f} s: {len(set(found))} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
