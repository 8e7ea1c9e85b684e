//! Provider requirements, provider blocks, and how configurations get from module to module.

use super::*;

#[track_caller]
fn tree(root: &str, child: &str, expected: &[&str]) {
    check_files(&[("main.tf", root), ("m/main.tf", child)], expected);
}

fn required(inside: &str) -> String {
    format!("terraform {{\n  required_providers {{\n{inside}\n  }}\n}}\n")
}

const ALIASED: &str = "    a = {\n      source = \"x/a\"\n      configuration_aliases = [a.west]\n    }";
const CALL: &str = "module \"m\" {\n  source = \"./m\"\n}\n";
const WEST: &str = "provider \"a\" {\n  alias = \"west\"\n  x = 1\n}\n";

#[test]
fn requirements() {
    check(&required("    a = \"1.0\"\n    a-b = {\n    }"), &[]);
    check(&required("    A = {\n    }"), &["Invalid provider local name ~ \"a\""]);
    check(&required("    a_b = {\n    }"), &["Invalid provider local name ~ letters, digits and dashes"]);
    check(&required("    a = []"), &["Invalid required_providers object"]);
    check(
        &required("    a = {\n      alias = 1\n    }"),
        &["Invalid required_providers object ~ configuration_aliases"],
    );
    check(&required("    a = {\n      source = [1]\n    }"), &["Invalid source"]);
    check(&required("    a = {\n      version = 1\n    }"), &["Invalid version constraint"]);
    check(
        &required("    a = {\n      source = \"x/terraform-provider-a\"\n    }"),
        &["Invalid provider type"],
    );
    check(
        &required("    a = {\n      configuration_aliases = [b.west]\n    }"),
        &["main.tf:4:32 ~ Invalid configuration_aliases value"],
    );
    check(
        &(required("    a = {\n    }") + &required("    b = {\n    }")),
        &["main.tf:8:3 ~ Duplicate required providers configuration ~ main.tf:2,3"],
    );
    check(
        &required("    a = {\n    }\n    b = {\n      source = \"hashicorp/a\"\n    }"),
        &["Duplicate required provider"],
    );
    check("required_providers {\n}\n", &["main.tf:1:1 ~ Invalid required_providers block"]);
}

#[test]
fn blocks() {
    check("provider \"A\" {}\n", &["main.tf:1:1 ~ Invalid provider local name"]);
    check(
        "provider \"a\" {\n  count = 1\n  _ {\n    count = 1\n  }\n}\n",
        &["Reserved argument name in provider block"],
    );
    check("provider \"a\" {\n  locals {}\n}\n", &["Reserved block type name in provider block"]);
    check(
        "provider \"a\" {\n  version = \"~> 1\"\n}\n",
        &["main.tf:2:13 ~ Version constraints inside provider"],
    );
    check("provider \"a\" {\n  _ {}\n  _ {}\n}\n", &["main.tf:3:3 ~ Duplicate escaping block ~ main.tf:2,3"]);
    check("provider \"a\" {\n  x = 1\n  _ {\n    x = 1\n  }\n}\n", &["main.tf:4:5 ~ Duplicate argument"]);
    check("provider \"a\" {}\nprovider \"a\" {}\n", &["Duplicate provider configuration ~ main.tf:1,1"]);
    check(
        "resource \"a_b\" \"c\" {\n  provider = \"a\"\n}\n",
        &["main.tf:2:14 ~ Quoted references are deprecated"],
    );
    check(
        "resource \"a_b\" \"c\" {\n  provider = a.b\n}\n",
        &["main.tf:2:14 ~ Provider configuration not present"],
    );
    check("resource \"-x_b\" \"c\" {}\n", &["Invalid resource type name", "Invalid provider local name"]);
}

#[test]
fn settings() {
    let settings =
        |inside: &str, expected: &[&str]| check(&format!("terraform {{\n  {inside}\n}}\n"), expected);
    settings("language = TF2021", &[]);
    settings("language = TF2038", &["main.tf:2:14 ~ Unsupported language edition"]);
    settings("language = \"TF2021\"", &["Invalid language edition"]);
    settings("experiments = [x]", &["main.tf:2:3 ~ Module uses experimental features"]);
    settings("required_version = \">= 1.0.0-beta1\"", &["Invalid required_version constraint"]);
    settings("backend \"a\" {}\n  backend \"b\" {}", &["main.tf:3:3 ~ Duplicate backend configuration"]);
    settings(
        "backend \"a\" {}\n  cloud {}",
        &["Both a backend and cloud configuration are present ~ main.tf:2,3"],
    );
    settings("cloud {}\n  cloud {}", &["Duplicate HCP Terraform configurations"]);
    settings("provider_meta \"a\" {\n    x = var.y\n  }", &["Variables not allowed"]);
    settings("provider_meta \"a\" {}\n  provider_meta \"a\" {}", &["Duplicate provider_meta block"]);
}

#[test]
fn handing_over() {
    let child = required(ALIASED) + "resource \"a_b\" \"c\" {\n  provider = a.west\n}\n";
    let root = required("    a = {\n      source = \"x/a\"\n    }") + WEST;
    let call = |providers: &str| {
        format!("{root}module \"m\" {{\n  source = \"./m\"\n  providers = {{ {providers} }}\n}}\n")
    };
    tree(&call("a.west = a.west"), &child, &[]);
    tree(
        &format!("{root}{CALL}"),
        &child,
        &[
            "m/main.tf:10:14 ~ Provider configuration not present",
            "main.tf:12:1 ~ Missing required provider configuration",
        ],
    );
    tree(
        &call("a.west = a.east"),
        &child,
        &["main.tf:14:26 ~ Provider configuration not present ~ no provider block for a.east"],
    );
    tree(&call("a.west = a.west, a.east = a.west"), &child, &["Reference to undefined provider"]);
    tree(
        &call("a.west = other"),
        &child,
        &["Provider configuration not present", "Reference to undefined provider", "Provider type mismatch"],
    );
    let own = child + WEST;
    tree(&call("a.west = a.west"), &own, &["Cannot override provider configuration"]);
    tree(
        &format!("{root}module \"m\" {{\n  source = \"./m\"\n  count = 1\n}}\n"),
        &own,
        &["main.tf:14:11 ~ Module is incompatible with count, for_each, and depends_on"],
    );
    tree(CALL, "provider \"a\" {}\n", &["m/main.tf:1:1 ~ Redundant empty provider block"]);
    tree(
        "module \"m\" {\n  source = \"./m\"\n  providers = {\n    a = b\n    a = c\n  }\n}\n",
        "",
        &[
            "Duplicate provider address",
            "Provider configuration not present",
            "Reference to undefined provider",
            "Reference to undefined provider",
            "Provider type mismatch",
        ],
    );
}

#[test]
fn modules_that_are_called() {
    let inside = |text: &str, expected: &[&str]| tree(CALL, text, expected);
    inside("terraform {\n  backend \"s3\" {}\n}\n", &["m/main.tf:2:3 ~ Backend configuration ignored"]);
    inside(
        "import {\n  to = a_b.c\n  id = \"\"\n}\nresource \"a_b\" \"c\" {}\n",
        &["Invalid import configuration"],
    );
    inside("terraform {\n  required_version = \"< 1.0\"\n}\n", &["Unsupported Terraform Core version"]);
    let call = |inside: &str| format!("module \"m\" {{\n  source = \"./m\"\n  {inside}\n}}\n");
    tree(&call("lifecycle {}"), "", &["Reserved block type name in module block"]);
    tree(&call("x {}"), "", &["Unsupported block type"]);
    tree(&call("_ {\n    count = 1\n  }"), "", &["Unsupported argument ~ \"count\""]);
    let notes = |text: &str| show(&notes(&load_files([("main.tf", text)]).0));
    assert!(notes("terraform {\n  backend \"s3\" {}\n}\n").contains("Backend configuration ignored"));
    assert_eq!(notes("locals {}\n"), "");
}
