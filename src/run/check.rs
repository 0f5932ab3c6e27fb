//! What a command needs from the settings before it starts: the profile, the judge, the key of the pseudonyms. Faults
//! are for the person who wrote the settings, and end the process with exit code 78.

use crate::config::Settings;
use crate::normalise::Pseudonymiser;
use crate::pipeline::Judge;
use crate::profile::Profile;
use anyhow::{Context as _, anyhow};
use secrecy::ExposeSecret as _;

/// Longest profile that is read, bytes.
const PROFILE_BYTES_MAX: u64 = 8 << 20;

/// Longest key file that is read, bytes.
const KEY_BYTES_MAX: u64 = 64 << 10;

/// The profile of the settings.
///
/// # Errors
/// All faults of the profile's file and of the sites', each with its line and key.
pub fn profile(settings: &Settings) -> anyhow::Result<&'static Profile> {
    let text = |key: &str, file: &std::path::Path| {
        let bytes = read(file, PROFILE_BYTES_MAX).context(key.to_owned())?;
        String::from_utf8(bytes).map_err(|_| anyhow!("{key}: {} is not UTF-8", file.display()))
    };
    let mut profile = match &settings.profile_file {
        None if settings.sites_file.is_none() => return Ok(Profile::builtin()),
        None => Profile::parse(crate::profile::BUILTIN_TOML)?,
        Some(file) => Profile::parse(&text("profile.file", file)?)
            .map_err(|faults| anyhow!("profile.file: {}:\n{faults}", file.display()))?,
    };
    if let Some(file) = &settings.sites_file {
        profile = profile
            .with_sites(&text("sites.file", file)?)
            .map_err(|faults| anyhow!("sites.file: {}:\n{faults}", file.display()))?;
    }
    // Once a process: the judge of every shard points to it until the end.
    Ok(Box::leak(Box::new(profile)))
}

/// The judge of the settings.
///
/// # Errors
/// As [`profile`], faults of a user's MedDRA, and contradictions within the profile or between the two.
pub fn judge(settings: &Settings) -> anyhow::Result<Judge> {
    let profile = profile(settings)?;
    let Some(folder) = &settings.meddra_dir else {
        return Judge::new(profile).map_err(|faults| anyhow!("the profile contradicts itself:\n{}", faults.join("\n")));
    };
    let dictionary = super::meddra::read(folder)?;
    Judge::with_dictionary(profile, &dictionary)
        .map_err(|faults| anyhow!("the profile contradicts itself or this MedDRA:\n{}", faults.join("\n")))
}

/// The pseudonymiser of the settings; `None` where no key is configured.
///
/// # Errors
/// When the key's file cannot be read, or the key is too short. The key is never shown.
pub fn pseudonymiser(settings: &Settings) -> anyhow::Result<Option<Pseudonymiser>> {
    let made = match (&settings.pseudonym.key, &settings.pseudonym.file) {
        (Some(key), _) => Pseudonymiser::new(key.expose_secret().as_bytes()).context("pseudonym.key")?,
        (None, Some(file)) => {
            let bytes = read(file, KEY_BYTES_MAX).context("pseudonym.key_file")?;
            Pseudonymiser::new(bytes.trim_ascii()).with_context(|| format!("pseudonym.key_file: {}", file.display()))?
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(made))
}

fn read(file: &std::path::Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    anyhow::ensure!(size <= bytes_max, "{} has {size} bytes, at most {bytes_max} are read", file.display());
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// What `vigil check` prints: the effective settings, and whether profile and key can be used.
///
/// # Errors
/// The faults of profile and key, all of them.
pub fn report(settings: &Settings) -> anyhow::Result<String> {
    let judge = judge(settings);
    let key = pseudonymiser(settings);
    let faults: Vec<String> =
        [judge.as_ref().err(), key.as_ref().err()].into_iter().flatten().map(|fault| format!("{fault:#}")).collect();
    let (Ok(judge), Ok(key)) = (judge, key) else {
        return Err(anyhow!("{}", faults.join("\n")));
    };
    let profile = judge.profile();
    let key = key.map_or_else(
        || "no key for the pseudonyms: ingest and run will refuse to start".to_owned(),
        |key| format!("key id of the pseudonyms: {:08x}", key.key_id()),
    );
    Ok(format!(
        "{}\n# settings hash: {}\n# profile: {} {}, hash {}, {} reactions, {} facts\n# MedDRA: {}\n# {key}\n",
        settings.to_toml(),
        settings.hash(),
        profile.product.brand,
        profile.version,
        profile.hash,
        profile.reactions.len(),
        profile.facts.len(),
        judge.dictionary().unwrap_or("none; the profile's own terms and open codes"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FlagValue, Layers};

    fn settings(flags: &[(&str, &str)]) -> Settings {
        let flag = |(key, value): &(&str, &str)| FlagValue {
            flag: "--set".into(),
            key: (*key).into(),
            value: (*value).into(),
        };
        Settings::load(&Layers { flags: flags.iter().map(flag).collect(), ..Layers::default() }).unwrap()
    }

    #[test]
    fn the_report_shows_settings_profile_and_key_id_but_not_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "an entirely secret key of 32 bytes or more\n").unwrap();
        let report = report(&settings(&[("pseudonym.key_file", file.to_str().unwrap())])).unwrap();
        assert!(report.contains("key id of the pseudonyms") && report.contains("# profile: "), "{report}");
        assert!(!report.contains("entirely secret"), "{report}");
        // It is a settings file itself.
        Settings::load(&Layers { file: Some(("printed", &report)), ..Layers::default() }).unwrap();
    }

    #[test]
    fn faults_of_profile_and_key_come_together() {
        let folder = tempfile::tempdir().unwrap();
        let (profile, key) = (folder.path().join("profile.toml"), folder.path().join("key"));
        std::fs::write(&profile, "version = 3\n").unwrap();
        std::fs::write(&key, "  short\n").unwrap();
        let flags = [("profile.file", profile.to_str().unwrap()), ("pseudonym.key_file", key.to_str().unwrap())];
        let faults = report(&settings(&flags)).unwrap_err().to_string();
        assert!(faults.contains("profile.file") && faults.contains("line 1"), "{faults}");
        assert!(faults.contains("pseudonym.key_file") && faults.contains("fewer than 32 bytes"), "{faults}");
        assert!(!faults.contains("short\n"), "{faults}");
    }
}
