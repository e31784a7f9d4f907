//! `vestibule token`: what front doors and administrators show to a server.
//!
//! Not for: users who log in.

use clap::{Args, Subcommand};
use vestibule_api::{NewToken, Scope, Token, TokenRequest, Tokens};

use crate::client::Call;
use crate::error::Result;
use crate::exit::Exit;
use crate::output;
use crate::target::{Site, Target};

/// Keep tokens, which the server knows callers by
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    /// The operator's tokens, which are good for all tenants, instead of the tenant's
    #[arg(long, global = true)]
    operator: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token, in place of the one of that name, and print it: it cannot be read again
    Create {
        /// Its name
        name: String,
        /// What it allows: `decide` for front doors, `read`, `manage`; may be given often
        #[arg(long, required = true)]
        scope: Vec<Scope>,
        /// For how long it is good, such as `90d`; for good, unless given
        #[arg(long, value_name = "AGE")]
        lasts: Option<humantime::Duration>,
    },
    /// Every token's name, scopes and end
    List,
    /// End a token
    Rm {
        /// Its name
        name: String,
    },
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    options.target.at(async |site| act(site, &options).await).await?;
    Ok(Exit::Allowed)
}

async fn act(site: &Site, options: &Options) -> Result<()> {
    let path = |parts: &[&str]| match options.operator {
        false => site.path(&[&["tokens"], parts].concat()),
        true => [&["/v1/tokens"], parts].concat().join("/"),
    };
    match &options.action {
        Action::Create { name, scope, lasts } => {
            let request = TokenRequest { scopes: scope.clone(), seconds: lasts.map(|lasts| lasts.as_secs()) };
            let made: NewToken = site.client.read(Call::put(&path(&[name]), &request)?).await?;
            output::print(format!("{}\n", made.token.expose()).as_bytes())
        }
        Action::List => {
            let Tokens { tokens } = site.client.read(Call::get(&path(&[]))).await?;
            for Token { name, scopes, expires, .. } in tokens {
                let scopes: Vec<_> = scopes.into_iter().map(Scope::name).collect();
                let expires = expires.as_deref().unwrap_or("-");
                output::print(format!("{name:<24}  {:<20}  {expires}\n", scopes.join(" ")).as_bytes())?;
            }
            Ok(())
        }
        Action::Rm { name } => site.client.done(Call::delete(&path(&[name]))).await,
    }
}

const AFTER_HELP: &str = "\
Examples:
  vestibule token create front-door --scope decide
  vestibule token create ann --scope manage --lasts 90d --tenant acme
  vestibule token create backup --scope read --operator
";
