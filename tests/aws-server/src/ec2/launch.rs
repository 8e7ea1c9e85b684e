//! Launching instances, with their first interface and their volumes.

use super::kinds::{GROUP, INSTANCE, INTERFACE, KEY, PROFILE, SUBNET};
use super::{Actions, Answer, Call, birth, info, instance, interface, volume};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::Object;
use crate::xml;

pub(super) static ACTIONS: Actions = &[("RunInstances", run)];

/// What a request asks for, checked.
struct Launch<'a> {
    image: Node,
    kind: info::InstanceType,
    subnet: Object,
    groups: Vec<Node>,
    address: Option<&'a str>,
    public: bool,
    reservation: String,
}

fn run(call: &mut Call<'_>) -> Answer {
    let (least, most) = (call.p.int("MinCount")?.unwrap_or(1), call.p.int("MaxCount")?.unwrap_or(1));
    if least < 1 || most < least || most > 1_000 {
        return Err(Fail::value(format!("Invalid value '{most}' for parameter maxCount.")));
    }
    let launch = read(call)?;
    let mut shown = Vec::new();
    for index in 0..most {
        let id = launch_one(call, &launch, index)?;
        shown.push(call.show(&INSTANCE, &id));
        let start_ms = call.start_ms();
        call.region.pass(&id, start_ms, instance::started);
    }
    Ok(xml! {
        reservationId: launch.reservation,
        ownerId: &call.region.account,
        groupSet: Vec::<Node>::new(),
        instancesSet: shown,
    })
}

fn read<'a>(call: &mut Call<'a>) -> Result<Launch<'a>, Fail> {
    let image = birth::image(call.region, call.p.need("ImageId")?)?;
    let kind = info::instance_type(call.p.get("InstanceType").unwrap_or("m1.small"))?;
    let port = call.p.view("NetworkInterface.1");
    let get = |name: &str| port.as_ref().map_or_else(|| call.p.get(name), |port| port.get(name));
    let (subnet, address) = (get("SubnetId"), get("PrivateIpAddress"));
    let wants_public = port.as_ref().map(|port| port.flag("AssociatePublicIpAddress")).transpose()?.flatten();
    let ids = match &port {
        Some(port) => {
            port.int("DeviceIndex")?;
            port.flag("DeleteOnTermination")?;
            port.get("Description");
            port.list("SecurityGroupId")
        }
        None => call.p.list("SecurityGroupId"),
    };
    let subnet = match subnet {
        Some(id) => id.to_owned(),
        None => birth::default_subnet(call.region, call.p.get("Placement.AvailabilityZone"))?,
    };
    let subnet = call.region.find(&SUBNET, &subnet)?.clone();
    let vpc = subnet.body.text("vpcId").to_owned();
    let mut ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    for name in call.p.list("SecurityGroup") {
        let found = call.region.naming(&GROUP, &vpc).find(|group| group.body.text("groupName") == name);
        ids.push(found.map(|group| group.id.clone()).ok_or_else(|| GROUP.missing(name))?);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let groups = interface::groups(call.region, &ids, &vpc)?;
    if let Some(name) = call.p.get("KeyName")
        && !call.region.all(&KEY).any(|key| key.body.text("keyName") == name)
    {
        return Err(Fail::new("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist")));
    }
    let public = wants_public.unwrap_or_else(|| subnet.body.is_true("mapPublicIpOnLaunch"));
    let reservation = call.region.new_id("r");
    Ok(Launch { image, kind, subnet, groups, address, public, reservation })
}

fn launch_one(call: &mut Call<'_>, launch: &Launch<'_>, index: i64) -> Result<String, Fail> {
    let port = interface::add(call.region, &launch.subnet, launch.address, &launch.groups, "")?;
    let body = body(call, launch, index, &port)?;
    let hidden = hidden(call)?;
    let id = call.make(&INSTANCE, body)?;
    call.region.change(&INSTANCE, &id, |instance| instance.hidden = hidden);
    interface::connect(call.region, &port, &id, 0, true);
    if launch.public {
        instance::give_public_address(call.region, &port);
    }
    volumes(call, launch, &id)?;
    if let Some(profile) = call.p.view("IamInstanceProfile") {
        let node = instance::profile(call.region, &profile)?;
        call.region.change(&INSTANCE, &id, |instance| instance.body.set("iamInstanceProfile", node.clone()));
        call.region.add(&PROFILE, xml! { instanceId: &id, iamInstanceProfile: node, state: "associated" });
    }
    Ok(id)
}

fn body(call: &Call<'_>, launch: &Launch<'_>, index: i64, port: &str) -> Answer {
    let p = &call.p;
    let port = call.region.peek(&INTERFACE, port).map(|port| port.body.clone()).unwrap_or_default();
    let (name, processors, _, _) = launch.kind;
    let monitoring = p.flag("Monitoring.Enabled")?.unwrap_or_default();
    let placement = p.view("Placement");
    let place = |name: &str| placement.as_ref().and_then(|view| view.get(name));
    let options = p.view("MetadataOptions");
    let option = |name: &str, default: &str| {
        options.as_ref().and_then(|view| view.get(name)).unwrap_or(default).to_owned()
    };
    Ok(xml! {
        reservationId: &launch.reservation,
        imageId: launch.image.text("imageId"),
        instanceState: instance::state("pending"),
        privateDnsName: port.get("privateDnsName").cloned(),
        privateIpAddress: port.get("privateIpAddress").cloned(),
        keyName: p.get("KeyName"),
        amiLaunchIndex: index,
        instanceType: name,
        launchTime: info::time(call.region),
        placement: xml! {
            availabilityZone: launch.subnet.body.text("availabilityZone"),
            tenancy: place("Tenancy").unwrap_or("default"),
            groupName: place("GroupName").unwrap_or_default(),
        },
        monitoring: xml! { state: if monitoring { "enabled" } else { "disabled" } },
        subnetId: &launch.subnet.id,
        vpcId: launch.subnet.body.text("vpcId"),
        architecture: launch.image.text("architecture"),
        rootDeviceType: "ebs",
        rootDeviceName: launch.image.text("rootDeviceName"),
        virtualizationType: "hvm",
        hypervisor: "xen",
        clientToken: p.get("ClientToken").unwrap_or_default(),
        ebsOptimized: p.flag("EbsOptimized")?.unwrap_or_default(),
        enaSupport: true,
        sourceDestCheck: true,
        platformDetails: "Linux/UNIX",
        usageOperation: "RunInstances",
        bootMode: "uefi-preferred",
        currentInstanceBootMode: "uefi",
        cpuOptions: xml! {
            coreCount: p.int("CpuOptions.CoreCount")?.unwrap_or(1),
            threadsPerCore: p.int("CpuOptions.ThreadsPerCore")?.unwrap_or(processors),
        },
        hibernationOptions: xml! { configured: p.flag("HibernationOptions.Configured")?.unwrap_or_default() },
        enclaveOptions: xml! { enabled: p.flag("EnclaveOptions.Enabled")?.unwrap_or_default() },
        metadataOptions: xml! {
            state: "applied",
            httpTokens: option("HttpTokens", "optional"),
            httpPutResponseHopLimit: option("HttpPutResponseHopLimit", "1"),
            httpEndpoint: option("HttpEndpoint", "enabled"),
            httpProtocolIpv6: option("HttpProtocolIpv6", "disabled"),
            instanceMetadataTags: option("InstanceMetadataTags", "disabled"),
        },
        maintenanceOptions: xml! { autoRecovery: p.get("MaintenanceOptions.AutoRecovery").unwrap_or("default") },
        privateDnsNameOptions: xml! {
            hostnameType: p.get("PrivateDnsNameOptions.HostnameType").unwrap_or("ip-name"),
            enableResourceNameDnsARecord: p.flag("PrivateDnsNameOptions.EnableResourceNameDnsARecord")?.unwrap_or_default(),
            enableResourceNameDnsAAAARecord: p.flag("PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord")?.unwrap_or_default(),
        },
    })
}

/// What has a call of its own.
fn hidden(call: &Call<'_>) -> Answer {
    let p = &call.p;
    let has_credits = |name: &str| info::instance_type(name).is_ok_and(|(.., has)| has);
    let kind = p.get("InstanceType").unwrap_or_default();
    let usual = if kind.starts_with("t2") { "standard" } else { "unlimited" };
    let credits = p.get("CreditSpecification.CpuCredits");
    if credits.is_some() && !has_credits(kind) {
        return Err(Fail::combination(format!("Credit specification is not supported for {kind}.")));
    }
    Ok(xml! {
        disableApiTermination: p.flag("DisableApiTermination")?.unwrap_or_default(),
        disableApiStop: p.flag("DisableApiStop")?.unwrap_or_default(),
        instanceInitiatedShutdownBehavior: p.get("InstanceInitiatedShutdownBehavior").unwrap_or("stop"),
        userData: p.get("UserData"),
        cpuCredits: has_credits(kind).then_some(credits.unwrap_or(usual)),
    })
}

/// The root volume and those that the request adds.
fn volumes(call: &mut Call<'_>, launch: &Launch<'_>, instance: &str) -> Result<(), Fail> {
    let root = launch.image.text("rootDeviceName").to_owned();
    let image_device = launch.image.items("blockDeviceMapping").first().cloned().unwrap_or_default();
    let mappings = call.p.views("BlockDeviceMapping");
    let has_root = mappings.iter().any(|view| view.get("DeviceName") == Some(&root));
    let mut devices: Vec<(String, Option<View<'_>>)> = Vec::new();
    if !has_root {
        devices.push((root.clone(), None));
    }
    for view in &mappings {
        let device = view.need("DeviceName")?.to_owned();
        match view.get("NoDevice").is_some() || view.get("VirtualName").is_some() {
            true => {}
            false => devices.push((device, view.view("Ebs"))),
        }
    }
    for (device, view) in devices {
        let is_root = device == root;
        let from_image = if is_root { image_device.get("ebs").cloned() } else { None };
        let zone = launch.subnet.body.text("availabilityZone");
        let body = volume::body(call.region, zone, view.as_ref(), from_image.as_ref())?;
        let goes = view.as_ref().map(|view| view.flag("DeleteOnTermination")).transpose()?.flatten();
        let id = call.make(&super::kinds::VOLUME, body)?;
        volume::connect(call.region, &id, instance, &device, goes.unwrap_or(is_root));
    }
    Ok(())
}
