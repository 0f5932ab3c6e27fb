//! A real Apache Kafka for the tests, one for the whole test binary: `VIGIL_TEST_BOOTSTRAP` if set, else a container where
//! a Docker daemon answers, else the jars from Maven Central, kept in the user's cache between runs, on loopback.
//!
//! What was started is stopped when the test process ends, however it ends: a guarding shell holds the read end of a pipe
//! whose write end only this process has.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Version of Apache Kafka that is started.
const KAFKA_VERSION: &str = "4.1.1";

/// Its jars, `group:artifact:version sha256` a line: the runtime dependencies of `kafka_2.13` and a logging back end.
const JARS: &str = include_str!("kafka-jars.txt");

/// Longest wait for a broker to answer.
const START_MAX: Duration = Duration::from_secs(90);

/// Largest message that the broker takes, bytes: the tests send one of 50 MB.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A running broker.
pub struct Broker {
    /// `host:port`.
    pub bootstrap: String,
    /// How it was had.
    pub origin: String,
    _guard: Option<Child>,
}

impl Broker {
    /// Is it one that this test binary started, with the settings above?
    pub const fn is_ours(&self) -> bool {
        self._guard.is_some()
    }
}

/// The broker of this test binary, or `None` after saying loudly what is not tested. With `CI=true` its absence fails.
pub fn broker() -> Option<&'static Broker> {
    static BROKER: OnceLock<Result<Broker, String>> = OnceLock::new();
    match BROKER.get_or_init(start) {
        Ok(broker) => Some(broker),
        Err(why) => {
            let message = format!(
                "NOT TESTED: this test needs a real Apache Kafka and none could be had.\n{why}\nGive one with \
                 VIGIL_TEST_BOOTSTRAP=host:port, or run where Docker answers, or where Java 17 and Maven Central (mvn or \
                 curl) are reachable."
            );
            assert!(!matches!(std::env::var("CI").as_deref(), Ok("true" | "1")), "{message}");
            eprintln!("\n{message}\n");
            None
        }
    }
}

fn start() -> Result<Broker, String> {
    if let Ok(bootstrap) = std::env::var("VIGIL_TEST_BOOTSTRAP") {
        answers(&bootstrap, Duration::from_secs(5)).map_err(|e| format!("VIGIL_TEST_BOOTSTRAP={bootstrap}: {e}"))?;
        return Ok(Broker { bootstrap, origin: "VIGIL_TEST_BOOTSTRAP".to_owned(), _guard: None });
    }
    let mut why = String::new();
    match container() {
        Ok(broker) => return Ok(broker),
        Err(error) => writeln!(why, "- container: {error}").unwrap(),
    }
    match jars() {
        Ok(broker) => Ok(broker),
        Err(error) => {
            writeln!(why, "- jars: {error}").unwrap();
            Err(why)
        }
    }
}

/// Waits until something listens at `bootstrap`.
fn answers(bootstrap: &str, within: Duration) -> Result<(), String> {
    let until = Instant::now() + within;
    loop {
        let last = match bootstrap.to_socket_addrs() {
            Ok(addresses) => {
                if addresses.into_iter().any(|a| TcpStream::connect_timeout(&a, Duration::from_secs(1)).is_ok()) {
                    return Ok(());
                }
                "nothing listens there".to_owned()
            }
            Err(error) => error.to_string(),
        };
        if Instant::now() > until {
            return Err(last);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A port of loopback that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A shell that waits for the end of this process and then runs `last`.
pub fn guard(first: &str, last: &str, arguments: &[&str]) -> Result<Child, String> {
    // `cat` ends when the pipe closes, that is when this process is gone; Ctrl-C at the terminal must not end it before.
    // What `first` starts must not inherit that: a broker that ignores SIGTERM could not be stopped in order.
    let script = format!("{first}\ntrap '' INT HUP TERM\ncat >/dev/null\n{last}");
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg("guard")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("sh: {e}"))
}

/// Settings of a broker that listens at `client`, is found at `advertised`, and is its own controller.
pub fn settings(client: &str, advertised: &str, controller: &str) -> Vec<(&'static str, String)> {
    let bytes = MESSAGE_BYTES_MAX.to_string();
    let mut all = vec![
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", "1".to_owned()),
        ("listeners", format!("PLAINTEXT://{client},CONTROLLER://{controller}")),
        ("advertised.listeners", format!("PLAINTEXT://{advertised}")),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned()),
        ("auto.create.topics.enable", "false".to_owned()),
        ("group.initial.rebalance.delay.ms", "0".to_owned()),
        // A killed member is missed soon, where a test asks for that.
        ("group.min.session.timeout.ms", "1000".to_owned()),
        ("message.max.bytes", bytes.clone()),
        ("replica.fetch.max.bytes", bytes),
    ];
    for one in [
        "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
        "transaction.state.log.min.isr",
        "share.coordinator.state.topic.replication.factor",
        "share.coordinator.state.topic.min.isr",
    ] {
        all.push((one, "1".to_owned()));
    }
    for four in ["offsets.topic.num.partitions", "transaction.state.log.num.partitions"] {
        all.push((four, "4".to_owned()));
    }
    all
}

fn container() -> Result<Broker, String> {
    use testcontainers::core::{IntoContainerPort, WaitFor};
    use testcontainers::runners::AsyncRunner;
    use testcontainers::{GenericImage, ImageExt};
    const INSIDE: u16 = 9092;
    let port = free_port();
    let mut request = GenericImage::new("apache/kafka", KAFKA_VERSION)
        .with_wait_for(WaitFor::message_on_stdout("Kafka Server started"))
        .with_startup_timeout(START_MAX)
        .with_mapped_port(port, INSIDE.tcp())
        .with_env_var("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093");
    for (name, value) in settings("0.0.0.0:9092", &format!("127.0.0.1:{port}"), "localhost:9093") {
        request = request.with_env_var(format!("KAFKA_{}", name.to_uppercase().replace('.', "_")), value);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let container = runtime.block_on(request.start()).map_err(|e| e.to_string())?;
    let stop = guard("", "docker rm -f \"$1\" >/dev/null 2>&1", &[container.id()])?;
    // The container lives as long as the process: a static is never dropped, the guard removes it.
    std::mem::forget(container);
    std::mem::forget(runtime);
    let bootstrap = format!("127.0.0.1:{port}");
    answers(&bootstrap, START_MAX)?;
    Ok(Broker { bootstrap, origin: format!("container apache/kafka:{KAFKA_VERSION}"), _guard: Some(stop) })
}

fn java() -> Result<PathBuf, String> {
    let java = std::env::var_os("JAVA_HOME")
        .map_or_else(|| PathBuf::from("java"), |home| PathBuf::from(home).join("bin/java"));
    let output = Command::new(&java).arg("-version").output().map_err(|e| format!("{}: {e}", java.display()))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = text.split('"').nth(1).unwrap_or_default();
    let major: u32 = version.split(['.', '-', '+']).next().and_then(|m| m.parse().ok()).unwrap_or(0);
    if major < 17 { Err(format!("Java 17 or newer is needed, {} is {version:?}", java.display())) } else { Ok(java) }
}

fn jars() -> Result<Broker, String> {
    let jvm = Jvm::get()?;
    let home = tempfile::Builder::new().prefix("vigil-kafka-").tempdir().map_err(|e| e.to_string())?.keep();
    let (port, controller) = (free_port(), free_port());
    let bootstrap = format!("127.0.0.1:{port}");
    let controller = format!("127.0.0.1:{controller}");
    let settings = settings(&bootstrap, &bootstrap, &controller);
    jvm.format(&home, &home.join("data"), &controller, &settings)?;
    let stop = jvm.start(&home, "rm -rf \"$home\"")?;
    jvm.answers(&home, &bootstrap)?;
    Ok(Broker { bootstrap, origin: format!("jars of Kafka {KAFKA_VERSION}"), _guard: Some(stop) })
}

/// A Java and the jars of Kafka.
pub struct Jvm {
    java: PathBuf,
    libraries: PathBuf,
}

impl Jvm {
    /// What is there, or was fetched.
    pub fn get() -> Result<Self, String> {
        Ok(Self { java: java()?, libraries: fetched_jars()? })
    }

    fn arguments(&self, home: &Path) -> Vec<String> {
        let logging = format!("-Dlog4j2.configurationFile={}", home.join("log4j2.xml").display());
        let options = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", logging.as_str(), "-cp"];
        let class_path = self.libraries.join("*").display().to_string();
        options.into_iter().map(str::to_owned).chain([class_path]).collect()
    }

    /// Makes a broker at `home` whose logs are in `data`.
    pub fn format(
        &self,
        home: &Path,
        data: &Path,
        controller: &str,
        settings: &[(&'static str, String)],
    ) -> Result<(), String> {
        let mut properties = String::new();
        for (name, value) in settings {
            writeln!(properties, "{name}={value}").unwrap();
        }
        writeln!(properties, "controller.quorum.bootstrap.servers={controller}").unwrap();
        writeln!(properties, "log.dirs={}", data.display()).unwrap();
        let file = home.join("server.properties");
        std::fs::write(&file, properties).map_err(|e| e.to_string())?;
        std::fs::write(home.join("log4j2.xml"), LOGGING).map_err(|e| e.to_string())?;
        let format = Command::new(&self.java)
            .args(self.arguments(home))
            .args(["kafka.tools.StorageTool", "format", "--standalone", "-t", "dmlnaWwtdGVzdC1rYWZrYQ", "-c"])
            .arg(&file)
            .output()
            .map_err(|e| e.to_string())?;
        if format.status.success() {
            return Ok(());
        }
        Err(format!("StorageTool format: {}", String::from_utf8_lossy(&format.stderr)))
    }

    /// Starts the broker at `home`. It ends with the guard that is given back; `last` is run after it, with `$home`. The
    /// broker's process id is in the file `pid`.
    pub fn start(&self, home: &Path, last: &str) -> Result<Child, String> {
        let mut command = vec![home.display().to_string(), self.java.display().to_string()];
        command.extend(self.arguments(home));
        command.extend(["kafka.Kafka".to_owned(), home.join("server.properties").display().to_string()]);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let first =
            "home=$1; shift; \"$@\" >>\"$home/kafka.log\" 2>&1 </dev/null & kafka=$!; echo $kafka >\"$home/pid\"";
        guard(first, &format!("kill -9 $kafka 2>/dev/null; wait $kafka 2>/dev/null; {last}"), &command)
    }

    /// Waits until the broker at `home` listens.
    pub fn answers(&self, home: &Path, bootstrap: &str) -> Result<(), String> {
        answers(bootstrap, START_MAX).map_err(|e| {
            let log = std::fs::read_to_string(home.join("kafka.log")).unwrap_or_default();
            let end: Vec<_> = log.lines().rev().take(20).collect();
            format!("Kafka did not come up ({e}); its log ends:\n{}", end.join("\n"))
        })
    }
}

const LOGGING: &str = r#"<Configuration status="ERROR">
<Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"#;

/// The folder of Kafka's jars, fetched once and checked against their digests.
fn fetched_jars() -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set")?
        .join("besponsa-vigil");
    let place = cache.join(format!("kafka-{KAFKA_VERSION}"));
    if check(&place).is_ok() {
        return Ok(place);
    }
    eprintln!("fetching Kafka {KAFKA_VERSION} into {} (once)", place.display());
    let part = cache.join(format!("kafka-{KAFKA_VERSION}.part-{}", std::process::id()));
    std::fs::create_dir_all(&part).map_err(|e| format!("{}: {e}", part.display()))?;
    let fetched = by_maven(&part).or_else(|maven| by_curl(&part).map_err(|curl| format!("mvn: {maven}; curl: {curl}")));
    let checked = fetched.and_then(|()| check(&part));
    if checked.is_ok() {
        let _ = std::fs::remove_dir_all(&place);
        // Another test process may have been quicker; then its folder stays.
        if std::fs::rename(&part, &place).is_err() {
            check(&place)?;
        }
    }
    let _ = std::fs::remove_dir_all(&part);
    checked.map(|()| place)
}

/// Group, artifact, version and SHA-256 of each jar.
fn listed() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    JARS.lines().map(|line| {
        let (name, digest) = line.split_once(' ').unwrap();
        let mut parts = name.split(':');
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap(), digest)
    })
}

fn check(folder: &Path) -> Result<(), String> {
    for (_, artifact, version, digest) in listed() {
        let name = format!("{artifact}-{version}.jar");
        let bytes = std::fs::read(folder.join(&name)).map_err(|e| format!("{name}: {e}"))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != digest {
            return Err(format!("{name} has SHA-256 {found}, expected {digest}"));
        }
    }
    Ok(())
}

fn by_maven(folder: &Path) -> Result<(), String> {
    let mut pom = String::from(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><groupId>vigil</groupId>\
         <artifactId>test-kafka</artifactId><version>1</version><dependencies>",
    );
    for (group, artifact, version, _) in listed() {
        write!(
            pom,
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>\
             <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
        )
        .unwrap();
    }
    pom.push_str("</dependencies></project>");
    std::fs::write(folder.join("pom.xml"), pom).map_err(|e| e.to_string())?;
    let output = Command::new("mvn")
        .current_dir(folder)
        .args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=."])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}

fn by_curl(folder: &Path) -> Result<(), String> {
    for (group, artifact, version, _) in listed() {
        let group = group.replace('.', "/");
        let url = format!("https://repo.maven.apache.org/maven2/{group}/{artifact}/{version}/{artifact}-{version}.jar");
        let status = Command::new("curl")
            .args(["--fail", "--silent", "--show-error", "--location", "--retry", "3", "--output"])
            .arg(folder.join(format!("{artifact}-{version}.jar")))
            .arg(&url)
            .stdin(Stdio::null())
            .status()
            .map_err(|e| e.to_string())?;
        if !status.success() {
            return Err(format!("{url}: {status}"));
        }
    }
    Ok(())
}

#[test]
fn a_kafka_answers() {
    let Some(broker) = broker() else { return };
    eprintln!("Kafka at {} ({})", broker.bootstrap, broker.origin);
    let client: rdkafka::consumer::BaseConsumer =
        rdkafka::ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).create().unwrap();
    let metadata = rdkafka::consumer::Consumer::fetch_metadata(&client, None, Duration::from_secs(30)).unwrap();
    assert!(!metadata.brokers().is_empty());
}
