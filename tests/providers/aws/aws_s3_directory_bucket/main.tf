resource "aws_s3_directory_bucket" "main" {
  bucket        = "evenkeel-example--use1-az4--x-s3"
  force_destroy = true

  location {
    name = "use1-az4"
  }
}
