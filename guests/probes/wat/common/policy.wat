;; A policy as text: the contract's types, a memory, a manifest that asks for nothing, and the exports of the world. A probe is
;; a list of fields of this component, among them `(core module $policy ...)`, which exports `post-auth` and may import from
;; `base`: the `memory`, and `pass`, which makes of a login the answer that changes nothing.
(component
  (import "vestibule:policy/types@0.1.0" (instance $types
    (type $text? (option string))
    (type $octets (list u8))
    (type $octets? (option $octets))
    (type $texts (list string))
    (type $property' (tuple string string))
    (export "property" (type $property (eq $property')))
    (type $properties' (list $property))
    (export "properties" (type $properties (eq $properties')))
    (type $authcred' (record
      (field "username" string) (field "client-ip-addr" $text?) (field "client-hw-addr" $text?)
      (field "static-response" $text?) (field "password" $text?)))
    (export "authcred" (type $authcred (eq $authcred')))
    (type $bool? (option bool))
    (type $attributes' (record
      (field "client-info" $properties) (field "vpn-auth" bool) (field "reauth" $bool?)
      (field "log-service-name" $text?) (field "auth-parms" $properties)))
    (export "attributes" (type $attributes (eq $attributes')))
    (type $status' (enum "succeed" "fail"))
    (export "status" (type $status (eq $status')))
    (type $authret' (record
      (field "status" $status) (field "user" string) (field "reason" $text?) (field "client-reason" $text?)
      (field "proplist" $properties)))
    (export "authret" (type $authret (eq $authret')))
    (type $ldap-info' (record (field "user-dn" string) (field "search-base" string) (field "uname-attr" string)))
    (export "ldap-info" (type $ldap-info (eq $ldap-info')))
    (type $u32? (option u32))
    (type $radius-attribute' (record
      (field "code" u32) (field "vendor" $u32?) (field "name" $text?) (field "value" string) (field "octets" $octets)))
    (export "radius-attribute" (type $radius-attribute (eq $radius-attribute')))
    (type $ldap-info? (option $ldap-info))
    (type $radius-reply (list $radius-attribute))
    (type $saml-attribute (tuple string $texts))
    (type $saml-attributes (list $saml-attribute))
    (type $info' (record
      (field "auth-method" string) (field "ldap" $ldap-info?) (field "radius-reply" $radius-reply)
      (field "saml-attributes" $saml-attributes)))
    (export "info" (type $info (eq $info')))
    (type $crstate' (record (field "values" $properties) (field "response" $text?)))
    (export "crstate" (type $crstate (eq $crstate')))
    (type $login' (record
      (field "time" u64) (field "authcred" $authcred) (field "attributes" $attributes) (field "authret" $authret)
      (field "info" $info) (field "crstate" $crstate) (field "session-state" $octets?)))
    (export "login" (type (eq $login')))
    (type $challenge' (record (field "text" string) (field "echo" bool) (field "values" $properties)))
    (export "challenge" (type $challenge (eq $challenge')))
    (type $challenge? (option $challenge))
    (type $outcome' (record
      (field "authret" $authret) (field "proplist-save" $properties) (field "challenge" $challenge?)
      (field "session-state" $octets?)))
    (export "outcome" (type (eq $outcome')))
    (type $static-challenge' (record (field "text" string) (field "echo" bool)))
    (export "static-challenge" (type $static-challenge (eq $static-challenge')))
    (type $setting' (record
      (field "name" string) (field "description" string) (field "default-value" $text?) (field "secret" bool)))
    (export "setting" (type $setting (eq $setting')))
    (type $static-challenge? (option $static-challenge))
    (type $settings (list $setting))
    (type $manifest' (record
      (field "name" string) (field "version" string) (field "description" string) (field "group-select" bool)
      (field "auth-null" bool) (field "retain-password" bool) (field "static-challenge" $static-challenge?)
      (field "x509-track" $texts) (field "wants-directory" bool) (field "wants-http" $texts)
      (field "wants-properties" $texts) (field "settings" $settings)))
    (export "manifest" (type (eq $manifest')))))
  (alias export $types "login" (type $login))
  (alias export $types "manifest" (type $manifest))
  (alias export $types "outcome" (type $outcome))

  (core module $base
    (memory (export "memory") 2)
    (data (i32.const 16) "written-as-text")
    (data (i32.const 32) "0.1.0")
    (data (i32.const 40) "Misbehaves on purpose")
    ;; The manifest: addresses and lengths of name, version and description. Everything after that is zero: no, none, empty.
    (data (i32.const 64) "\10\00\00\00\0f\00\00\00" "\20\00\00\00\05\00\00\00" "\28\00\00\00\15\00\00\00")
    (func (export "manifest") (result i32) i32.const 64)

    ;; Where the host puts a login. Nothing is freed: an instance sees one login.
    (global $free (mut i32) (i32.const 4096))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get $size))))

    ;; The answer, at 1024: a result that is no error (0), four bytes on the login's `authret` of 44 bytes, which begins 96 bytes
    ;; after the login does, and zeros: nothing saved, no challenge, no state.
    (func (export "pass") (param $login i32) (result i32)
      (memory.copy (i32.const 1028) (i32.add (local.get $login) (i32.const 96)) (i32.const 44))
      (i32.const 1024)))
  (core instance $base (instantiate $base))

  ;; (the probe)

  (core instance $policy (instantiate $policy (with "base" (instance $base))))
  (alias core export $base "memory" (core memory $memory))
  (alias core export $base "realloc" (core func $realloc))
  (alias core export $base "manifest" (core func $manifest))
  (alias core export $policy "post-auth" (core func $post-auth))
  (func (export "manifest") (result $manifest)
    (canon lift (core func $manifest) (memory $memory)))
  (func (export "post-auth") (param "login" $login) (result (result $outcome (error string)))
    (canon lift (core func $post-auth) (memory $memory) (realloc $realloc))))
