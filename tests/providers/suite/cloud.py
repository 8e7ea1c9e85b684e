"""What is in the cloud, as boto3 sees it: a listing by which leftovers are found."""

# Service, call, where the list is in its answer, what tells its members apart. Calls that the
# emulator lacks are not here.
LISTINGS = [
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_addresses", "Addresses", "PublicIp"),
    ("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_dhcp_options", "DhcpOptions", "DhcpOptionsId"),
    ("ec2", "describe_instances", "Reservations", "ReservationId"),
    ("ec2", "describe_volumes", "Volumes", "VolumeId"),
    ("ec2", "describe_key_pairs", "KeyPairs", "KeyPairId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", "VpcPeeringConnectionId"),
    ("ec2", "describe_vpn_gateways", "VpnGateways", "VpnGatewayId"),
    ("ec2", "describe_customer_gateways", "CustomerGateways", "CustomerGatewayId"),
    ("ec2", "describe_managed_prefix_lists", "PrefixLists", "PrefixListId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_users", "Users", "UserName"),
    ("iam", "list_groups", "Groups", "GroupName"),
    ("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("kms", "list_keys", "Keys", "KeyId"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
    ("redshift", "describe_cluster_subnet_groups", "ClusterSubnetGroups", "ClusterSubnetGroupName"),
]

# Removed, and still listed for a while.
GONE = {"deleted", "deleting", "terminated", "shutting-down", "rejected", "delete-complete"}


def listing(clients, lacks=frozenset()) -> set:
    """Everything that the listings show, as `call/identifier`. `clients` gives the client of a service;
    some services are lacking."""
    found = set()
    for service, call, key, name in (row for row in LISTINGS if row[0] not in lacks):
        answer = getattr(clients(service), call)()
        members = [member for member in answer.get(key, []) if not is_gone(member)]
        found |= {f"{service}.{call}/{member[name]}" for member in members if not is_kept(clients, call, member)}
    policies = clients("iam").list_policies(Scope="Local")["Policies"]
    return found | {f"iam.list_policies/{policy['PolicyName']}" for policy in policies}


def is_gone(member: dict) -> bool:
    state = member.get("State") or member.get("Status") or ""
    state = state.get("Name", "") if isinstance(state, dict) else state
    code = member.get("Status", {}).get("Code", "") if isinstance(member.get("Status"), dict) else ""
    instances = member.get("Instances")
    if instances:
        return all(instance["State"]["Name"] in GONE for instance in instances)
    return str(state) in GONE or code in GONE


def is_kept(clients, call: str, member: dict) -> bool:
    """A key that waits for its deletion is no leftover, nor is one of AWS's own; nor is what moto keeps of a
    VPC and of an instance that are gone."""
    if call == "list_keys":
        described = clients("kms").describe_key(KeyId=member["KeyId"])["KeyMetadata"]
        return described["KeyState"] == "PendingDeletion" or described.get("KeyManager") == "AWS"
    if call == "describe_network_interfaces":
        instance = member.get("Attachment", {}).get("InstanceId")
        if instance is None:
            return False
        return is_gone(clients("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0])
    return call == "describe_network_acls" and member["IsDefault"]


def call(clients, words: list):
    """Makes one call of a case: service, method, arguments."""
    service, method, *arguments = words
    return getattr(clients(service), method)(**(arguments[0] if arguments else {}))
