variable "name" {
  description = "How the names of the network's parts begin."
  type        = string
}

variable "cidr_block" {
  description = "The addresses of the network."
  type        = string
}

variable "availability_zones" {
  description = "Where there are to be subnets."
  type        = list(string)
}
