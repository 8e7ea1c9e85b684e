resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-copies"
  force_destroy = true
}

resource "aws_s3_object" "original" {
  bucket  = aws_s3_bucket.main.id
  key     = "original.txt"
  content = "hello"
}

resource "aws_s3_object_copy" "main" {
  bucket = aws_s3_bucket.main.id
  key    = "copy.txt"
  source = "${aws_s3_bucket.main.id}/${aws_s3_object.original.key}"
  tags   = { Team = "platform" }
}
