variable "v" { default = 3 }
locals {}
