use super::*;

fn answer(code: &str) -> Failure {
    Failure {
        class: Class::Service,
        code: code.into(),
        message: "because.".into(),
        request_id: Some("r-1".into()),
        status: Some(400),
    }
}

fn silent(class: Class) -> Failure {
    Failure { class, code: String::new(), message: "nothing came".into(), request_id: None, status: None }
}

fn check(effect: Effect, code: &str, kind: ErrorKind) {
    assert_eq!(provider_error("x", effect, &answer(code)).kind, kind, "{code}");
}

#[test]
fn codes_say_what_to_do() {
    for code in [
        "InvalidVpcID.NotFound",
        "DBSubnetGroupNotFoundFault",
        "ParameterNotFound",
        "NoSuchBucket",
        "NoSuchKey",
        "NotFound",
        "InvalidAMIID.Unavailable.NotFound",
    ] {
        check(Effect::Read, code, ErrorKind::Gone);
        check(Effect::Create, code, ErrorKind::Invalid);
    }
    for code in [
        "DependencyViolation",
        "BucketNotEmpty",
        "BucketAlreadyExists",
        "InvalidGroup.Duplicate",
        "InvalidSubnet.Conflict",
    ] {
        check(Effect::Update, code, ErrorKind::Conflict);
    }
    for code in [
        "AuthFailure",
        "UnauthorizedOperation",
        "AccessDenied",
        "ExpiredToken",
        "SignatureDoesNotMatch",
        "InvalidClientTokenId",
    ] {
        check(Effect::Create, code, ErrorKind::Denied);
        assert!(!provider_error("x", Effect::Create, &answer(code)).remedy.is_empty(), "{code}");
    }
    for code in [
        "InvalidParameterValue",
        "InvalidInstanceType",
        "MalformedXML",
        "MissingParameter",
        "VcpuLimitExceeded",
    ] {
        check(Effect::Create, code, ErrorKind::Invalid);
    }
    check(Effect::Create, "ServiceUnavailable", ErrorKind::Retry { after_ms: 2_000 });
    check(Effect::Create, "InternalError", ErrorKind::Unknown);
    check(Effect::Read, "InternalError", ErrorKind::Retry { after_ms: 1_000 });
}

#[test]
fn silence_is_unknown_only_where_it_matters() {
    let kind = |effect, class| provider_error("x", effect, &silent(class)).kind;
    assert_eq!(kind(Effect::Create, Class::Ambiguous), ErrorKind::Unknown);
    assert_eq!(kind(Effect::Delete, Class::Ambiguous), ErrorKind::Unknown);
    assert_eq!(kind(Effect::Read, Class::Ambiguous), ErrorKind::Retry { after_ms: 1_000 });
    assert_eq!(kind(Effect::Create, Class::NotSent), ErrorKind::Unreachable);
    assert_eq!(kind(Effect::Create, Class::NoCredentials), ErrorKind::Denied);
    assert_eq!(kind(Effect::Create, Class::Throttled), ErrorKind::Retry { after_ms: 2_000 });
}

#[test]
fn the_message_has_code_words_and_request() {
    let error = provider_error("creating EC2 VPC", Effect::Create, &answer("VpcLimitExceeded"));
    assert_eq!(error.detail, "VpcLimitExceeded: because (request id r-1).");
    let error = provider_error("creating EC2 VPC", Effect::Create, &silent(Class::Ambiguous));
    assert_eq!(error.detail, "nothing came.");
}

#[test]
fn answers_without_a_body_have_a_code() {
    for (status, code) in
        [(404, "NotFound"), (403, "AccessDenied"), (503, "ServiceUnavailable"), (418, "HTTP 418")]
    {
        assert_eq!(code_of_status(status), code);
    }
    assert!(is_throttling("SlowDown") && !is_throttling("AccessDenied"));
}

#[test]
fn what_is_not_implemented_has_no_effect() {
    let failure = Failure { status: Some(501), ..answer("InternalFailure") };
    assert_eq!(provider_error("x", Effect::Delete, &failure).kind, ErrorKind::Unknown);
    for effect in [Effect::Read, Effect::Create, Effect::Update] {
        let error = provider_error("x", effect, &failure);
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.remedy.contains("emulator"), "{error:?}");
    }
}
