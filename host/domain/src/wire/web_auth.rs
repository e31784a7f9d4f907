//! WEB_AUTH, the login in a browser: `WEB_AUTH:<flags>:<url>` asks the client to open a page while the login is pending.
//!
//! Not for: the page, nor for knowing when the user is done with it.

mod error;
mod proxy;

use std::fmt;

pub use error::Error;
pub use proxy::Proxy;

use super::field::MAX_INFO_PRE_BYTES;

const PREFIX: &str = "WEB_AUTH:";
const HIDDEN: &str = "hidden";
const EXTERNAL: &str = "external";
const PROXY: &str = "proxy";

/// A page the client shall open. It is checked as a whole: at most [`MAX_INFO_PRE_BYTES`] on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    flags: Vec<Flag>,
    url: String,
}

/// How the client shall open the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    /// In a view of its own that is shown only when the page asks for it.
    Hidden,
    /// In the user's browser, for identity providers that refuse embedded views.
    External,
    /// Through an HTTP proxy, since the tunnel may hide the web server. Only for clients whose IV_SSO lists `proxy`.
    Proxy(Proxy),
    /// A flag this version does not know: visible ASCII without commas, colons and brackets.
    Other(String),
}

impl Request {
    /// Checks the parts of a web login.
    ///
    /// # Errors
    /// A part that would not be read back as it was given, a URL of another scheme, or more than [`MAX_INFO_PRE_BYTES`].
    pub fn new(flags: Vec<Flag>, url: &str) -> Result<Self, Error> {
        flags.iter().try_for_each(Flag::check)?;
        check_url(url)?;
        let request = Self { flags, url: url.to_owned() };
        request.encode_within(MAX_INFO_PRE_BYTES)?;
        Ok(request)
    }

    /// Reads a web login. Empty flags are skipped, unknown ones kept.
    ///
    /// # Errors
    /// A malformed part; see [`Error`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rest = text.strip_prefix(PREFIX).ok_or(Error::Form)?;
        let (flags, url) = split_after_flags(rest).ok_or(Error::Form)?;
        let flags = flags.split(',').filter(|flag| !flag.is_empty()).map(Flag::parse).collect::<Result<_, _>>()?;
        Self::new(flags, url)
    }

    /// The flags in their order.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// The page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The web login, if it fits into `limit` bytes: through the management interface [`super::MAX_PARAMETER_BYTES`].
    ///
    /// # Errors
    /// [`Error::TooLong`].
    pub fn encode_within(&self, limit: usize) -> Result<String, Error> {
        let text = self.to_string();
        if text.len() <= limit { Ok(text) } else { Err(Error::TooLong { bytes: text.len(), limit }) }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for (index, flag) in self.flags.iter().enumerate() {
            write!(f, "{}{flag}", if index == 0 { "" } else { "," })?;
        }
        write!(f, ":{}", self.url)
    }
}

impl Flag {
    fn parse(text: &str) -> Result<Self, Error> {
        match text.split_once('=') {
            Some((PROXY, proxy)) => Proxy::parse(proxy).map(Self::Proxy),
            None if text == HIDDEN => Ok(Self::Hidden),
            None if text == EXTERNAL => Ok(Self::External),
            None if text == PROXY => Err(Error::Proxy),
            _ => Ok(Self::Other(text.to_owned())),
        }
    }

    fn check(&self) -> Result<(), Error> {
        match self {
            Self::Hidden | Self::External => Ok(()),
            Self::Proxy(proxy) => proxy.check(),
            Self::Other(text) => {
                let allowed = |byte: u8| byte.is_ascii_graphic() && !b",:[]".contains(&byte);
                let known = !matches!(Self::parse(text), Ok(Self::Other(_)));
                if text.is_empty() || known || !text.bytes().all(allowed) { Err(Error::Flag) } else { Ok(()) }
            }
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden => f.write_str(HIDDEN),
            Self::External => f.write_str(EXTERNAL),
            Self::Proxy(proxy) => write!(f, "{PROXY}={}", proxy.encode().expose()),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The flags end at the first colon outside brackets: a proxy's IPv6 address has colons of its own.
fn split_after_flags(text: &str) -> Option<(&str, &str)> {
    let mut in_brackets = false;
    let colon = text.bytes().position(|byte| {
        match byte {
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            _ => {}
        }
        byte == b':' && !in_brackets
    })?;
    let (flags, colon_and_url) = text.split_at_checked(colon)?;
    Some((flags, colon_and_url.strip_prefix(':')?))
}

fn check_url(url: &str) -> Result<(), Error> {
    /// Neither reserved, nor unreserved, nor the percent sign of RFC 3986, section 2.
    const FORBIDDEN: &[u8] = b"\"<>\\^`{|}";
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !FORBIDDEN.contains(&byte)) {
        return Err(Error::Character);
    }
    let (scheme, rest) = url.split_once("://").ok_or(Error::Scheme)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    if is_web && !host.is_empty() && !host.starts_with(':') { Ok(()) } else { Err(Error::Scheme) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::field::MAX_PARAMETER_BYTES;
    use super::*;

    #[test]
    fn the_web_login_a_real_client_was_sent_is_read() {
        let request = Request::parse("WEB_AUTH::https://host/sso?x=1").unwrap();
        assert_eq!((request.flags(), request.url()), (&[][..], "https://host/sso?x=1"));
        assert_eq!(request.to_string(), "WEB_AUTH::https://host/sso?x=1");
    }

    #[test]
    fn the_flags_of_the_notes_are_known_and_others_kept() {
        let request = Request::parse("WEB_AUTH:hidden,external,new=1:http://host:80/").unwrap();
        assert_eq!(request.flags(), [Flag::Hidden, Flag::External, Flag::Other("new=1".to_owned())]);
        assert_eq!(request.url(), "http://host:80/");
    }

    #[test]
    fn a_proxy_may_have_an_ipv6_address() {
        let wire = "WEB_AUTH:proxy=[2001:db8::1];3128;Ym9i;czNjcmV0,hidden:https://host/";
        let request = Request::parse(wire).unwrap();
        assert!(matches!(request.flags(), [Flag::Proxy(proxy), Flag::Hidden] if proxy.address == "[2001:db8::1]"));
        assert_eq!(request.to_string(), wire);
        assert!(!format!("{request:?}").contains("s3cret"));
    }

    #[test]
    fn a_malformed_proxy_is_no_unknown_flag() {
        for flag in ["proxy", "proxy=", "proxy=h;80;;;"] {
            let text = format!("WEB_AUTH:{flag}:https://host/");
            assert_eq!(Request::parse(&text), Err(Error::Proxy), "{flag}");
        }
    }

    #[test]
    fn a_page_is_an_absolute_web_url() {
        for url in ",h/sso,ftp://h/,javascript://h/,https:h,https:///sso,https://:80/,https://u@/".split(',') {
            assert_eq!(Request::new(vec![], url), Err(Error::Scheme), "{url}");
        }
        for url in "https://h/a b,https://h/\",https://h/\n,https://hô/,https://h/\\,https://h/\0".split(',') {
            assert_eq!(Request::new(vec![], url), Err(Error::Character), "{url}");
        }
        for url in ["HTTPS://host", "http://u:p@[::1]:80/a;b,c?d=[e]&f='g'#h", "https://host?q"] {
            assert_eq!(Request::new(vec![], url).unwrap().url(), url);
        }
    }

    #[test]
    fn an_unknown_flag_cannot_smuggle_another() {
        for flag in "|a,hidden|a:https://evil/|[|hidden|proxy|proxy=h;1;;|a b|é".split('|') {
            let request = Request::new(vec![Flag::Other(flag.to_owned())], "https://host/");
            assert_eq!(request, Err(Error::Flag), "{flag}");
        }
    }

    #[test]
    fn a_web_login_is_never_shortened() {
        let url = format!("https://host/{}", "a".repeat(MAX_INFO_PRE_BYTES - 23));
        let request = Request::new(vec![], &url).unwrap();
        assert_eq!(request.to_string().len(), MAX_INFO_PRE_BYTES);
        let too_long = |bytes, limit| Err(Error::TooLong { bytes, limit });
        assert_eq!(request.encode_within(MAX_PARAMETER_BYTES), too_long(1013, 255));
        assert_eq!(Request::new(vec![], &(url + "a")).map(|_| String::new()), too_long(1014, 1013));
    }

    fn any_flag() -> impl Strategy<Value = Flag> {
        prop_oneof![
            Just(Flag::Hidden),
            Just(Flag::External),
            proxy::tests::any_proxy().prop_map(Flag::Proxy),
            "[x-z][!-+.-9;-Z^-~]{0,8}".prop_map(Flag::Other)
        ]
    }

    proptest! {
        #[test]
        fn a_web_login_is_read_as_it_was_written(
            flags in prop::collection::vec(any_flag(), 0..3),
            url in "https?://[a-z]{1,9}(:[0-9]{1,4})?(/[!#-;=?-\\[\\]_a-z~]{0,40})?",
        ) {
            if let Ok(request) = Request::new(flags, &url) {
                prop_assert_eq!(Request::parse(&request.to_string()), Ok(request));
            }
        }

        #[test]
        fn what_was_read_is_written_within_the_limits(text in "WEB_AUTH:[a-z,=;:\\[\\]A-Z0-9]{0,20}:https?://[!-~]{1,30}|.*") {
            if let Ok(request) = Request::parse(&text) {
                let wire = request.encode_within(MAX_INFO_PRE_BYTES).unwrap();
                prop_assert!(wire.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(Request::parse(&wire), Ok(request));
            }
        }
    }
}
