terraform {
  required_providers {
    random = {
      source  = "hashicorp/random"
      version = ">= 2.0"
    }
    tls = {
      source  = "hashicorp/tls"
      version = "~> 4.0"
    }
    null  = { version = "~> 3.2" }
    time  = { version = ">= 0.9" }
    local = { version = "2.4.0" }
    sops  = { source = "carlpett/sops" }
  }
}

resource "random_bytes" "a" {
  length = 4
}
resource "random_id" "a" {
  byte_length = 4
  prefix      = "id-"
}
resource "random_integer" "a" {
  min  = 1
  max  = 50000
  seed = "evenkeel"
}
resource "random_password" "a" {
  length           = 16
  min_special      = 2
  override_special = "_%"
}
resource "random_pet" "a" {
  keepers = { id = random_id.a.hex }
}
resource "random_shuffle" "a" {
  input        = ["a", "b", "c", "d", "e"]
  result_count = 7
  seed         = "-"
}
resource "random_string" "a" {
  length  = 8
  special = false
}
resource "random_uuid" "a" {}
resource "random_uuid4" "a" {}
resource "random_uuid7" "a" {}

resource "null_resource" "a" {
  triggers = { pet = random_pet.a.id }
}
data "null_data_source" "a" {
  inputs = { uuid = random_uuid.a.result }
}

resource "time_static" "a" {}
resource "time_offset" "a" {
  base_rfc3339  = "2020-01-31T00:00:00Z"
  offset_months = 1
}
resource "time_rotating" "a" {
  rotation_years = 1
}
resource "time_sleep" "a" {
  create_duration  = "1ms"
  destroy_duration = "1ms"
  triggers         = { now = time_static.a.rfc3339 }
}

resource "tls_private_key" "ca" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P384"
}
resource "tls_self_signed_cert" "ca" {
  private_key_pem       = tls_private_key.ca.private_key_pem
  validity_period_hours = 24
  allowed_uses          = ["cert_signing"]
  is_ca_certificate     = true
  subject {
    common_name = "ca"
  }
}
resource "tls_private_key" "web" {
  algorithm = "ED25519"
}
resource "tls_cert_request" "web" {
  private_key_pem = tls_private_key.web.private_key_pem
  dns_names       = ["example.com"]
  subject {
    common_name  = "example.com"
    organization = "Example, Inc"
  }
}
resource "tls_locally_signed_cert" "web" {
  cert_request_pem      = tls_cert_request.web.cert_request_pem
  ca_private_key_pem    = tls_private_key.ca.private_key_pem
  ca_cert_pem           = tls_self_signed_cert.ca.cert_pem
  validity_period_hours = 12
  allowed_uses          = ["digital_signature", "server_auth"]
}
data "tls_public_key" "web" {
  private_key_openssh = tls_private_key.web.private_key_openssh
}
data "tls_certificate" "web" {
  content = tls_locally_signed_cert.web.cert_pem
}

resource "local_file" "a" {
  filename        = "${path.module}/out/keys/${random_integer.a.result}.pub"
  content         = random_pet.a.id
  file_permission = "0644"
}
resource "local_sensitive_file" "a" {
  filename = "${path.module}/out/key"
  content  = random_password.a.result
}
data "local_file" "a" {
  filename = local_file.a.filename
}
data "local_sensitive_file" "a" {
  filename = "${path.module}/main.tf"
}

data "sops_file" "db" {
  source_file = "${path.module}/secrets.yaml"
}
data "sops_external" "db" {
  source     = file("${path.module}/secrets.yaml")
  input_type = "yaml"
}
ephemeral "sops_file" "db" {
  source_file = "${path.module}/secrets.yaml"
}
ephemeral "sops_external" "db" {
  source     = file("${path.module}/secrets.yaml")
  input_type = "yaml"
}

data "age_value" "token" {
  sealed = file("${path.module}/token.age")
}
ephemeral "age_value" "token" {
  sealed = filebase64("${path.module}/token.age")
}

ephemeral "random_password" "a" {
  length = 8
}
ephemeral "random_bytes" "a" {
  length = 8
}

ephemeral "tls_private_key" "a" {
  algorithm = "ED25519"
}
ephemeral "tls_public_key" "a" {
  private_key_pem = ephemeral.tls_private_key.a.private_key_pem
}

output "integer" {
  value = random_integer.a.result
}
output "shuffle" {
  value = join("", random_shuffle.a.result)
}
output "offset" {
  value = time_offset.a.rfc3339
}
output "same" {
  value = [
    data.local_file.a.content == random_pet.a.id,
    data.null_data_source.a.outputs.uuid == random_uuid.a.id,
    data.local_sensitive_file.a.content_sha256 == filesha256("main.tf"),
  ]
  sensitive = true
}
