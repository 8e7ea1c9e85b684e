resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-website"
  force_destroy = true
}

resource "aws_s3_bucket_website_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  redirect_all_requests_to {
    host_name = "example.com"
    protocol  = "https"
  }
}
