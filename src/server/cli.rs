//! The command line: one program that serves, and that the operator uses on the host.

use super::{config::Config, doctor, host, master_key, run};
use aio_domain::SecretText;
use aio_service::OsRandom;
use clap::{Args, Parser, Subcommand};
use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Merchant dashboard and merchant API of a cryptocurrency payment gateway.
#[derive(Parser)]
#[command(name = "aio", version, arg_required_else_help = true)]
struct Cli {
    /// The settings; aio.example.toml explains them.
    #[arg(long, global = true, default_value = "aio.toml", value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the dashboard and the merchant API.
    Serve,
    /// Bring the database to this program's schema.
    Migrate,
    /// Check settings, keys, database and clock, and say how to mend what is wrong.
    Doctor,
    /// The master key.
    #[command(subcommand)]
    Key(KeyCommand),
    /// People.
    #[command(subcommand)]
    User(UserCommand),
    /// The dashboard allowlist of a merchant.
    #[command(subcommand)]
    Allowlist(AllowlistCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The seed of all deposit addresses.
    #[command(subcommand)]
    Seed(SeedCommand),
    /// Chains.
    #[command(subcommand)]
    Chain(ChainCommand),
}

#[derive(Subcommand)]
enum SeedCommand {
    /// Print its words, to be kept in a safe. Whoever has them has all money that is not collected yet.
    Export,
    /// Read words from the standard input into an installation that has no seed yet.
    Import {
        /// The number of the first merchant. With more than the lost installation ever gave out, nobody gets an address that
        /// somebody else had; with 0 the same addresses are handed out again, in the same order.
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=1_000_000_000))]
        first_merchant: u32,
    },
}

#[derive(Subcommand)]
enum ChainCommand {
    /// Let a chain go on that stands still after a reorganisation deeper than `max_reorg`.
    Resume {
        /// Its id in the settings.
        #[arg(long)]
        chain: String,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a new master key in a new file. Never for a database that has sealed anything.
    Init {
        /// The file to make.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Take a person's authenticator away, so that they enrol a new one at the next sign-in.
    ResetAuthenticator {
        /// Whose.
        #[arg(long)]
        email: String,
    },
}

#[derive(Subcommand)]
enum AllowlistCommand {
    /// Switch it off, for people who locked themselves out.
    Disable(Merchant),
}

#[derive(Args)]
struct Merchant {
    /// The merchant's id: mer_...
    #[arg(long)]
    merchant: String,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Compute every hash anew and say where a chain does not hold.
    Verify,
}

/// Why a command did not do its work, each line with the way to mend it.
#[derive(Debug)]
pub struct Failure(pub Vec<String>);

impl<E: fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(vec![error.to_string()])
    }
}

/// Runs the command that the program was called with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(dispatch(cli)));
    match done {
        Ok(code) => code,
        Err(Failure(lines)) => {
            let mut out = io::stderr().lock();
            for line in lines {
                // With nowhere to say it, the exit code still does.
                let _ = writeln!(out, "aio: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let out = &mut io::stdout();
    match cli.command {
        Command::Serve => return run::serve(&load(&cli.config)?).await,
        Command::Migrate => host::migrate(&load(&cli.config)?, out).await?,
        Command::Doctor => return doctor::run(&cli.config, load(&cli.config), out).await,
        Command::Key(KeyCommand::Init { file }) => init_key(&cli.config, &file).await?,
        Command::User(UserCommand::ResetAuthenticator { email }) => {
            host::reset_authenticator(&load(&cli.config)?, &email, out).await?;
        }
        Command::Allowlist(AllowlistCommand::Disable(Merchant { merchant })) => {
            host::disable_allowlist(&load(&cli.config)?, &merchant, out).await?;
        }
        Command::Seed(SeedCommand::Export) => host::export_seed(&load(&cli.config)?, out).await?,
        Command::Seed(SeedCommand::Import { first_merchant }) => {
            host::import_seed(&load(&cli.config)?, typed_words()?, first_merchant, out).await?;
        }
        Command::Chain(ChainCommand::Resume { chain }) => {
            host::resume_chain(&load(&cli.config)?, &chain, out).await?;
        }
        Command::Audit(AuditCommand::Verify) => {
            return host::verify_audit(&load(&cli.config)?, out).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn load(path: &Path) -> Result<Config, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let name = path.display();
        format!("{name}: {error}. Copy aio.example.toml, or name the settings with --config FILE")
    })?;
    Config::load(&text, std::env::vars()).map_err(|errors| {
        Failure(errors.iter().map(|error| format!("{}: {error}", path.display())).collect())
    })
}

/// The words on the standard input: as an argument everybody on this machine could read them.
fn typed_words() -> Result<SecretText, Failure> {
    /// More than 24 of the longest words.
    const MOST: u64 = 1024;
    let mut text = String::with_capacity(1024);
    io::stdin().take(MOST).read_to_string(&mut text)?;
    Ok(SecretText::new(text))
}

/// Without settings there is no database yet; with them, the database must not have sealed anything.
async fn init_key(config: &Path, file: &Path) -> Result<(), Failure> {
    if config.exists() {
        host::refuse_sealed(&load(config)?).await?;
    }
    let key = master_key::create(file, &OsRandom)?;
    let name = file.display();
    writeln!(
        io::stdout(),
        "{name}: master key {} made. Keep a copy apart from backups.",
        key.id()
    )?;
    Ok(())
}
