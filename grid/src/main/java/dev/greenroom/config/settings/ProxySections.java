package dev.greenroom.config.settings;

import dev.greenroom.config.AddressRange;
import dev.greenroom.config.DurationText;
import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.settings.RedisSettings.GridSecretSettings;
import dev.greenroom.session.BrowserType;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a proxy is told, wherever its registry is.
public record ProxySections(
        ListenSettings listen,
        ConnectionSettings connections,
        AccessSettings access,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        GridSecretSettings secret,
        RelaySettings relay,
        ShutdownSettings shutdown) {

    /// What an answer may take beside the wait and one worker's handshake: asking the registry, and
    /// reaching another worker when the first one is dead.
    private static final Duration RETRY_ALLOWANCE = Duration.ofSeconds(3);

    /// The one deadline of an answer, from the moment at which the request was read. However many workers
    /// are tried, the client has its 101 or its refusal by then.
    public Duration answerTimeout() {
        return queue.selectTimeout().plus(dial.handshakeTimeout()).plus(RETRY_ALLOWANCE);
    }

    /// How clients wait for a slot.
    @SettingsSection("Waiting for a slot")
    public record QueueSettings(
            @Setting(
                    name = "WORKER_SELECT_TIMEOUT",
                    fallback = "5",
                    meaning = "Seconds that a client waits for a slot, 1s to 1h. An answer may take"
                            + " WORKER_HANDSHAKE_TIMEOUT + 3s more, so clients and load balancers must be more patient"
                            + " than that.")
            Duration selectTimeout,

            @Setting(
                    name = "MAX_QUEUE_SIZE",
                    fallback = "1000",
                    meaning = "Waiting clients per proxy, 0 or more; 0 refuses at once.")
            int maxQueueSize) {
        private static final Duration SHORTEST = Duration.ofSeconds(1);
        private static final Duration LONGEST = Duration.ofHours(1);

        /// Nobody waits for ever.
        public QueueSettings {
            new SettingsRules()
                    .within(
                            "WORKER_SELECT_TIMEOUT",
                            selectTimeout,
                            SHORTEST,
                            LONGEST,
                            "for clients that shall not wait at all set MAX_QUEUE_SIZE=0")
                    .atLeast("MAX_QUEUE_SIZE", maxQueueSize, 0)
                    .check();
        }
    }

    /// How a proxy stops.
    @SettingsSection("Shutting down")
    public record ShutdownSettings(
            @Setting(
                    name = "SHUTDOWN_DELAY",
                    fallback = "0s",
                    meaning =
                            "How long newcomers are still served after SIGTERM, while `/health/ready` already says 503,"
                                    + " so that a load balancer turns away first; then they are refused.")
            Duration delay,

            @Setting(
                    name = "SHUTDOWN_GRACE_PERIOD",
                    fallback = "30s",
                    meaning = "How long running sessions may go on after that before they are closed with 1001;"
                            + " a second SIGTERM forces.")
            Duration gracePeriod) {}

    /// What a client gets that does not say.
    @SettingsSection("Defaults of clients")
    public record ClientSettings(
            @Setting(
                    name = "DEFAULT_BROWSER_TYPE",
                    fallback = "chromium",
                    meaning = "Browser type of clients that name none: chromium, firefox or webkit.")
            BrowserType browserType) {}

    /// How a proxy reaches a worker.
    @SettingsSection("Reaching workers")
    public record DialSettings(
            @Setting(
                    name = "WORKER_DIAL_TIMEOUT",
                    fallback = "2s",
                    meaning = "How long a worker may take to accept a connection, over 0.")
            Duration dialTimeout,

            @Setting(
                    name = "WORKER_HANDSHAKE_TIMEOUT",
                    fallback = "10s",
                    meaning =
                            "How long a worker may take to answer the upgrade (it may have to launch a browser), over 0.")
            Duration handshakeTimeout,

            @Setting(
                    name = "WORKER_ADDRESSES",
                    meaning =
                            "Ranges of addresses (CIDR) in which workers are, behind commas. No other address is dialled,"
                                    + " whatever a record says. Without it, any.")
            List<String> addresses) {
        /// Every wait has an end.
        public DialSettings {
            addresses = addresses.stream()
                    .flatMap(word -> Stream.of(word.split(",", -1)))
                    .filter(word -> !word.isEmpty())
                    .toList();
            new SettingsRules()
                    .that(
                            addresses.stream()
                                    .allMatch(text -> AddressRange.of(text).isPresent()),
                            "must be ranges such as 10.1.0.0/16 or fd00::/8, or addresses, behind commas",
                            "WORKER_ADDRESSES")
                    .positive("WORKER_DIAL_TIMEOUT", dialTimeout)
                    .positive("WORKER_HANDSHAKE_TIMEOUT", handshakeTimeout)
                    .check();
        }

        /// Whether a worker may be at an address.
        public boolean allows(InetAddress address) {
            return addresses.isEmpty()
                    || addresses.stream()
                            .flatMap(text -> AddressRange.of(text).stream())
                            .anyMatch(range -> range.contains(address));
        }
    }

    /// How many connections a proxy takes.
    @SettingsSection("Connections")
    public record ConnectionSettings(
            @Setting(
                    name = "MAX_CONNECTIONS",
                    fallback = "20000",
                    meaning =
                            "Connections at once, 1 or more; at most half of the descriptors that the process may open,"
                                    + " since a session needs two.")
            int maxConnections,

            @Setting(
                    name = "MAX_CONNECTIONS_PER_ADDRESS",
                    fallback = "1000",
                    meaning = "Connections at once from one address, 1 or more. Behind a load balancer all clients have"
                            + " its address: set this as high as MAX_CONNECTIONS there.")
            int maxConnectionsPerAddress) {
        /// Somebody can connect.
        public ConnectionSettings {
            new SettingsRules()
                    .atLeast("MAX_CONNECTIONS", maxConnections, 1)
                    .atLeast("MAX_CONNECTIONS_PER_ADDRESS", maxConnectionsPerAddress, 1)
                    .check();
        }
    }

    /// How slots are held in the registry.
    @SettingsSection("Leases")
    public record LeaseSettings(
            @Setting(
                    name = "LEASE_TTL",
                    fallback = "15s",
                    meaning =
                            "How long a slot stays leased when its proxy falls silent, at least 3 × LEASE_RENEW_INTERVAL.")
            Duration ttl,

            @Setting(
                    name = "LEASE_RENEW_INTERVAL",
                    fallback = "5s",
                    meaning = "Time between renewals of all leases, over 0.")
            Duration renewInterval,

            @Setting(
                    name = "REAPER_RUN_INTERVAL",
                    fallback = "300",
                    meaning = "Seconds between sweeps for expired leases and dead workers, over 0; a safety net only,"
                            + " expired leases are reclaimed on demand.")
            Duration reaperInterval,

            @Setting(
                    name = "SHUTDOWN_COMMAND_TTL",
                    fallback = "60",
                    meaning =
                            "Seconds that a shutdown command waits for its worker; over HEARTBEAT_INTERVAL, better 4 × it.")
            Duration shutdownCommandTtl,

            @Setting(
                    name = "RECYCLE_WAIT",
                    fallback = "90s",
                    meaning =
                            "How long no other worker of the type is recycled after one has exited to be recycled, unless"
                                    + " its replacement registers sooner; over 0. Longer than your workers take to start again.")
            Duration recycleWait) {
        /// How often workers give signs of life unless told otherwise; a proxy learns the truth from their
        /// records only.
        static final Duration USUAL_HEARTBEAT = Duration.ofSeconds(10);

        private static final int RENEWALS_PER_TTL = 3;
        private static final int HEARTBEATS_PER_COMMAND = 4;

        /// A lease survives two lost renewals.
        public LeaseSettings {
            new SettingsRules()
                    .positive("LEASE_RENEW_INTERVAL", renewInterval)
                    .that(
                            ttl.toMillis() >= renewInterval.toMillis() * RENEWALS_PER_TTL,
                            "must be at least 3 × LEASE_RENEW_INTERVAL (" + DurationText.show(renewInterval)
                                    + "), raise it or renew more often",
                            "LEASE_TTL",
                            "LEASE_RENEW_INTERVAL")
                    .positive("REAPER_RUN_INTERVAL", reaperInterval)
                    .positive("SHUTDOWN_COMMAND_TTL", shutdownCommandTtl)
                    .positive("RECYCLE_WAIT", recycleWait)
                    .check();
        }

        List<SettingsFinding> warnings() {
            return new SettingsRules()
                    .that(
                            shutdownCommandTtl.toMillis() >= USUAL_HEARTBEAT.toMillis() * HEARTBEATS_PER_COMMAND,
                            "is under 4 × the 10s in which workers give a sign of life unless told otherwise, so an order"
                                    + " may expire unseen; 40s or more is safe",
                            "SHUTDOWN_COMMAND_TTL")
                    .findings();
        }
    }

    /// How sessions are watched while bytes move.
    @SettingsSection("Relay")
    public record RelaySettings(
            @Setting(
                    name = "PING_INTERVAL",
                    fallback = "20s",
                    meaning = "Silence after which a peer gets a ping, over 0.")
            Duration pingInterval,

            @Setting(
                    name = "PEER_TIMEOUT",
                    fallback = "60s",
                    meaning = "Silence after which a peer counts as gone, over PING_INTERVAL.")
            Duration peerTimeout,

            @Setting(
                    name = "WRITE_TIMEOUT",
                    fallback = "30s",
                    meaning = "How long a peer may refuse to read before its session is ended, over 0.")
            Duration writeTimeout,

            @Setting(name = "SESSION_TIMEOUT", meaning = "Longest life of a session; off when not set.")
            Optional<Duration> sessionTimeout,

            @Setting(
                    name = "IDLE_TIMEOUT",
                    meaning =
                            "How long a client may send nothing before its session is ended; off when not set. What the"
                                    + " page or the browser sends does not count, nor do pings and pongs. A client that waits for"
                                    + " a single call for longer counts as silent.")
            Optional<Duration> idleTimeout) {
        /// A peer is asked before it is given up.
        public RelaySettings {
            new SettingsRules()
                    .positive("PING_INTERVAL", pingInterval)
                    .that(
                            peerTimeout.compareTo(pingInterval) > 0,
                            "must be over PING_INTERVAL (" + DurationText.show(pingInterval)
                                    + "), raise it or ping more often",
                            "PEER_TIMEOUT",
                            "PING_INTERVAL")
                    .positive("WRITE_TIMEOUT", writeTimeout)
                    .positive("SESSION_TIMEOUT", sessionTimeout)
                    .positive("IDLE_TIMEOUT", idleTimeout)
                    .check();
        }
    }
}
