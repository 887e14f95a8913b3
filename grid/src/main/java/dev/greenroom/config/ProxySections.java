package dev.greenroom.config;

import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.session.BrowserType;
import java.net.IDN;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The settings of a proxy that do not depend on its kind of registry.
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
        ShutdownSettings shutdown,
        CdpSettings cdp,
        HistorySettings history) {

    /// The time that a response may take in addition to queueing and one handshake: for calls to the
    /// registry, and for a second worker when the first one is dead.
    private static final Duration RETRY_ALLOWANCE = Duration.ofSeconds(3);

    /// The deadline of a response, counted from the reading of the request. However many workers are tried,
    /// the client has its 101 or its refusal by then.
    public Duration answerTimeout() {
        return queue.selectTimeout().plus(dial.handshakeTimeout()).plus(RETRY_ALLOWANCE);
    }

    /// The queue of clients that wait for a slot.
    @SettingsSection("Queue")
    public record QueueSettings(
            @Setting(
                    name = "WORKER_SELECT_TIMEOUT",
                    fallback = "5",
                    meaning = "Seconds that a client waits for a free slot, 1s to 1h. A response can take "
                            + "WORKER_HANDSHAKE_TIMEOUT + 3s longer; the timeouts of clients and load "
                            + "balancers must be longer than that.")
            Duration selectTimeout,

            @Setting(
                    name = "MAX_QUEUE_SIZE",
                    fallback = "1000",
                    meaning = "Queued clients per proxy, 0 or more; 0 disables the queue: without a free "
                            + "slot, clients are refused at once.")
            int maxQueueSize) {
        private static final Duration SHORTEST = Duration.ofSeconds(1);
        private static final Duration LONGEST = Duration.ofHours(1);

        /// Checks that every wait is bounded.
        public QueueSettings {
            new SettingsRules()
                    .within(
                            "WORKER_SELECT_TIMEOUT",
                            selectTimeout,
                            SHORTEST,
                            LONGEST,
                            "set MAX_QUEUE_SIZE=0 to refuse clients without waiting")
                    .atLeast("MAX_QUEUE_SIZE", maxQueueSize, 0)
                    .check();
        }
    }

    /// Browsers of clients of the Chrome DevTools Protocol that are away.
    @SettingsSection("CDP")
    public record CdpSettings(
            @Setting(
                    name = "CDP_KEEP_ALIVE_MAX",
                    fallback = "10m",
                    meaning =
                            "Longest time for which a client of CDP may keep its browser with `?keepAlive=` "
                                    + "after its connection has ended, at most 24h; 0 allows none. Such a browser holds its slot.")
            Duration keepAliveMax,

            @Setting(
                    name = "CDP_RECONNECT_GRACE",
                    fallback = "2s",
                    meaning = "How long the browser of a client of CDP waits for it after its connection was "
                            + "lost without a close frame, at most 1m, 0 for not at all; given up when another client "
                            + "waits for a slot.")
            Duration reconnectGrace) {
        private static final Duration LONGEST_KEEP_ALIVE = Duration.ofHours(24);
        private static final Duration LONGEST_GRACE = Duration.ofMinutes(1);

        /// Checks that no slot is held for ever.
        public CdpSettings {
            new SettingsRules()
                    .that(
                            keepAliveMax.compareTo(LONGEST_KEEP_ALIVE) <= 0,
                            "must be at most 24h, since such a browser holds its slot",
                            "CDP_KEEP_ALIVE_MAX")
                    .that(
                            reconnectGrace.compareTo(LONGEST_GRACE) <= 0,
                            "must be at most 1m; a client that needs longer may ask for it with ?keepAlive=",
                            "CDP_RECONNECT_GRACE")
                    .check();
        }
    }

    /// What is kept of sessions that have ended.
    @SettingsSection("Ended sessions")
    public record HistorySettings(
            @Setting(
                    name = "SESSION_HISTORY",
                    fallback = "1h",
                    meaning = "How long sessions that have ended stay listed, at most 24h; 0 keeps none.")
            Duration time,

            @Setting(
                    name = "SESSION_HISTORY_MAX",
                    fallback = "10000",
                    meaning = "Ended sessions of the whole grid that stay listed, 0 to 10000; the oldest are "
                            + "forgotten first, and 0 keeps none. In Redis, each takes about 1 KB.")
            int most) {
        private static final Duration LONGEST = Duration.ofHours(24);
        private static final int MOST = 10_000;

        /// Checks that the list is bounded.
        public HistorySettings {
            new SettingsRules()
                    .that(time.compareTo(LONGEST) <= 0, "must be at most 24h", "SESSION_HISTORY")
                    .that(most >= 0 && most <= MOST, "must be 0 to 10000", "SESSION_HISTORY_MAX")
                    .check();
        }

        /// Whether anything is kept.
        public boolean isOn() {
            return time.isPositive() && most > 0;
        }
    }

    /// How a proxy shuts down.
    @SettingsSection("Shutdown")
    public record ShutdownSettings(
            @Setting(
                    name = "SHUTDOWN_DELAY",
                    fallback = "0s",
                    meaning = "How long new clients are still served after SIGTERM, while `/health/ready` "
                            + "already returns 503, so that load balancers stop sending clients; then new "
                            + "clients are refused.")
            Duration delay,

            @Setting(
                    name = "SHUTDOWN_GRACE_PERIOD",
                    fallback = "30s",
                    meaning = "How long running sessions may continue after that before they are closed with "
                            + "1001; a second SIGTERM closes them at once.")
            Duration gracePeriod) {}

    /// Defaults for what a client does not specify.
    @SettingsSection("Client defaults")
    public record ClientSettings(
            @Setting(
                    name = "DEFAULT_BROWSER_TYPE",
                    fallback = "chromium",
                    meaning = "Browser type for clients that name none: chromium, firefox or webkit.")
            BrowserType browserType) {}

    /// How a proxy connects to workers.
    @SettingsSection("Connections to workers")
    public record DialSettings(
            @Setting(
                    name = "WORKER_DIAL_TIMEOUT",
                    fallback = "2s",
                    meaning = "How long connecting to a worker may take, over 0.")
            Duration dialTimeout,

            @Setting(
                    name = "WORKER_HANDSHAKE_TIMEOUT",
                    fallback = "10s",
                    meaning = "How long a worker may take to answer the WebSocket upgrade, including a "
                            + "browser launch, over 0.")
            Duration handshakeTimeout,

            @Setting(
                    name = "WORKER_ADDRESSES",
                    meaning = "Address ranges (CIDR) of the workers, comma-separated. The proxy connects to "
                            + "no other address, even if a worker is registered there. Without it, any "
                            + "address is allowed.")
            List<String> addresses) {
        /// Checks the ranges, and that every wait is bounded.
        public DialSettings {
            addresses = AddressRange.listed(addresses);
            new SettingsRules()
                    .that(AddressRange.areRanges(addresses), AddressRange.RULE, "WORKER_ADDRESSES")
                    .positive("WORKER_DIAL_TIMEOUT", dialTimeout)
                    .positive("WORKER_HANDSHAKE_TIMEOUT", handshakeTimeout)
                    .check();
        }

        /// Whether the proxy may connect to a worker at this address.
        public boolean allows(InetAddress address) {
            return addresses.isEmpty() || AddressRange.contain(addresses, address);
        }
    }

    /// How many connections a proxy accepts.
    @SettingsSection("Connections")
    public record ConnectionSettings(
            @Setting(
                    name = "MAX_CONNECTIONS",
                    fallback = "20000",
                    meaning = "Concurrent connections, 1 or more; limited to half of the file descriptors "
                            + "that the process may open, since a session needs two.")
            int maxConnections,

            @Setting(
                    name = "MAX_CONNECTIONS_PER_ADDRESS",
                    fallback = "1000",
                    meaning =
                            "Concurrent connections from one address (IPv6: one /64 network), 1 or more. Behind a "
                                    + "load balancer all clients share its address: set it to the value of MAX_CONNECTIONS there.")
            int maxConnectionsPerAddress,

            @Setting(
                    name = "TRUSTED_PROXIES",
                    meaning = "Address ranges (CIDR) of load balancers in front, comma-separated. Their "
                            + "X-Forwarded-Proto and X-Forwarded-Prefix say how clients reach this proxy, in the "
                            + "addresses that it gives to clients of CDP. Without it, both are ignored.")
            List<String> trustedProxies) {
        /// Checks that at least one client can connect.
        public ConnectionSettings {
            trustedProxies = AddressRange.listed(trustedProxies);
            new SettingsRules()
                    .that(AddressRange.areRanges(trustedProxies), AddressRange.RULE, "TRUSTED_PROXIES")
                    .atLeast("MAX_CONNECTIONS", maxConnections, 1)
                    .atLeast("MAX_CONNECTIONS_PER_ADDRESS", maxConnectionsPerAddress, 1)
                    .check();
        }

        /// Whether a load balancer with this address is believed.
        public boolean isTrustedProxy(InetAddress address) {
            return AddressRange.contain(trustedProxies, address);
        }
    }

    /// How slots are leased in the registry.
    @SettingsSection("Leases")
    public record LeaseSettings(
            @Setting(
                    name = "LEASE_TTL",
                    fallback = "15s",
                    meaning = "How long a slot stays leased after its proxy stops renewing the lease, at "
                            + "least 3 × LEASE_RENEW_INTERVAL.")
            Duration ttl,

            @Setting(
                    name = "LEASE_RENEW_INTERVAL",
                    fallback = "5s",
                    meaning = "Time between two renewals of all leases, over 0.")
            Duration renewInterval,

            @Setting(
                    name = "REAPER_RUN_INTERVAL",
                    fallback = "300",
                    meaning = "Seconds between two sweeps for expired leases and dead workers, over 0. The "
                            + "sweep is a safety net: expired leases are also reclaimed on demand.")
            Duration reaperInterval,

            @Setting(
                    name = "SHUTDOWN_COMMAND_TTL",
                    fallback = "60",
                    meaning = "Seconds after which a shutdown command expires if its worker has not read it; "
                            + "over HEARTBEAT_INTERVAL, preferably 4 × HEARTBEAT_INTERVAL.")
            Duration shutdownCommandTtl,

            @Setting(
                    name = "RECYCLE_WAIT",
                    fallback = "90s",
                    meaning = "How long the next worker of the same type has to wait after a worker has "
                            + "exited for recycling, unless the replacement registers sooner; over 0. Set it "
                            + "higher than the restart time of your workers.")
            Duration recycleWait) {
        /// The default heartbeat interval of workers. A proxy learns the real one from their records only.
        static final Duration USUAL_HEARTBEAT = Duration.ofSeconds(10);

        private static final int RENEWALS_PER_TTL = 3;
        private static final int HEARTBEATS_PER_COMMAND = 4;

        /// Checks that a lease survives two lost renewals.
        public LeaseSettings {
            new SettingsRules()
                    .positive("LEASE_RENEW_INTERVAL", renewInterval)
                    .that(
                            ttl.toMillis() >= renewInterval.toMillis() * RENEWALS_PER_TTL,
                            "must be at least 3 × LEASE_RENEW_INTERVAL (" + DurationText.show(renewInterval)
                                    + "), raise it or lower LEASE_RENEW_INTERVAL",
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
                            "is under 4 × the default heartbeat interval of 10s, so a shutdown command"
                                    + " may expire unread; 40s or more is safe",
                            "SHUTDOWN_COMMAND_TTL")
                    .findings();
        }
    }

    /// Timeouts of running sessions.
    @SettingsSection("Relay")
    public record RelaySettings(
            @Setting(
                    name = "PING_INTERVAL",
                    fallback = "20s",
                    meaning = "Idle time after which a peer gets a ping, over 0.")
            Duration pingInterval,

            @Setting(
                    name = "PEER_TIMEOUT",
                    fallback = "60s",
                    meaning = "Idle time after which a peer counts as lost, over PING_INTERVAL.")
            Duration peerTimeout,

            @Setting(
                    name = "WRITE_TIMEOUT",
                    fallback = "30s",
                    meaning = "How long a peer may stop reading before its session is closed, over 0.")
            Duration writeTimeout,

            @Setting(name = "SESSION_TIMEOUT", meaning = "Maximum duration of a session; off by default.")
            Optional<Duration> sessionTimeout,

            @Setting(
                    name = "IDLE_TIMEOUT",
                    meaning = "How long a client may send nothing before its session is closed; off by "
                            + "default. Messages from the page or browser do not count, nor do pings and "
                            + "pongs. Who waits for the answer to a call is not idle, as far as the timeline "
                            + "knows (TIMELINE_CALLS).")
            Optional<Duration> idleTimeout) {
        /// Checks that a peer gets a ping before it counts as lost.
        public RelaySettings {
            new SettingsRules()
                    .positive("PING_INTERVAL", pingInterval)
                    .that(
                            peerTimeout.compareTo(pingInterval) > 0,
                            "must be over PING_INTERVAL (" + DurationText.show(pingInterval)
                                    + "), raise it or lower PING_INTERVAL",
                            "PEER_TIMEOUT",
                            "PING_INTERVAL")
                    .positive("WRITE_TIMEOUT", writeTimeout)
                    .positive("SESSION_TIMEOUT", sessionTimeout)
                    .positive("IDLE_TIMEOUT", idleTimeout)
                    .check();
        }
    }

    /// The public port, with or without TLS.
    @SettingsSection("Listening")
    public record ListenSettings(
            @Setting(
                    name = "PORT",
                    fallback = "8080",
                    meaning = "TCP port that clients connect to, 1 to 65535; 0 takes a free one.")
            int port,

            @Setting(
                    name = "BIND_ADDRESS",
                    fallback = "0.0.0.0",
                    meaning = "Address to listen on: 0.0.0.0 for all IPv4 addresses, :: for all IPv4 and IPv6 "
                            + "addresses. `greenroom up` listens on 127.0.0.1 by default.")
            String bindAddress,

            @Setting(
                    name = "TLS_CERT_FILE",
                    meaning = "PEM file of the certificate, followed by the intermediate certificates; "
                            + "clients then use wss and https. Read again when it changes. Needs "
                            + "TLS_KEY_FILE; without both there is no TLS.")
            Optional<Path> tlsCertFile,

            @Setting(
                    name = "TLS_KEY_FILE",
                    meaning = "PEM file of the private key of the certificate, RSA or EC, not encrypted; read "
                            + "again when it changes. Needs TLS_CERT_FILE.")
            Optional<Path> tlsKeyFile) {
        /// Without TLS.
        public ListenSettings(int port, String bindAddress) {
            this(port, bindAddress, Optional.empty(), Optional.empty());
        }

        /// Certificate and key are only useful together.
        private static SettingsRules checkTlsPair(SettingsRules rules, Optional<Path> certificate, Optional<Path> key) {
            return rules.that(
                            key.isPresent() || certificate.isEmpty(),
                            "needs TLS_KEY_FILE too: set it to the file of the private key, or unset this one",
                            "TLS_CERT_FILE")
                    .that(
                            certificate.isPresent() || key.isEmpty(),
                            "needs TLS_CERT_FILE too: set it to the file of the certificate, or unset this one",
                            "TLS_KEY_FILE");
        }

        /// Checks the port, the syntax of the address, and that both TLS files are set or neither.
        public ListenSettings {
            checkTlsPair(new SettingsRules(), tlsCertFile, tlsKeyFile)
                    .within("PORT", port, 0, 65_535)
                    .host("BIND_ADDRESS", bindAddress)
                    .check();
        }
    }

    /// Who may use a proxy: tokens, origins and host names.
    @SettingsSection("Access")
    public record AccessSettings(
            @Setting(
                    name = "AUTH_TOKENS",
                    meaning = "Access tokens of clients, as name:token, comma-separated or one per line in a "
                            + "file; a token has 16 characters or more. The file is read again when it "
                            + "changes. See SECURITY.md for the limits per token.",
                    secret = true)
            Optional<AuthTokens> tokens,

            @Setting(
                    name = "ALLOWED_ORIGINS",
                    meaning = "Origins of web pages that may connect: comma-separated, each with scheme, host "
                            + "and port. All other pages are rejected.")
            List<String> origins,

            @Setting(
                    name = "ALLOWED_HOSTS",
                    meaning = "Host names that clients may use for the grid, comma-separated; *. in front of "
                            + "a name allows all its subdomains. Without tokens, clients may only use these, "
                            + "IP addresses, the name of this machine, and names with no dot, .svc, .local or "
                            + ".internal.")
            List<String> hosts,

            @Setting(
                    name = "LIVE_VIEW",
                    fallback = "true",
                    meaning = "Whether people may look at the pages of running sessions: tokens with the scope view, "
                            + "at their own sessions; with read-all too, at all. Without tokens, only where the "
                            + "proxy listens on this machine alone.")
            boolean liveView) {
        /// Letters that browsers and the JDK write differently in ASCII.
        private static final Pattern AMBIGUOUS = Pattern.compile(".*[\u00DF\u03C2\u200C\u200D].*");

        private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[a-z0-9._\\[\\]:-]{1,255}");
        private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
        private static final Pattern HOST = Pattern.compile("\\*|(\\*\\.)?[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}");

        /// With a live view.
        public AccessSettings(Optional<AuthTokens> tokens, List<String> origins, List<String> hosts) {
            this(tokens, origins, hosts, true);
        }

        /// Checks the syntax of tokens, origins and host names.
        public AccessSettings {
            origins = commaSeparated(origins);
            hosts = commaSeparated(hosts);
            var rules = new SettingsRules();
            if (tokens.isPresent()
                    && TokenList.read(tokens.get().text().value()) instanceof TokenList.ParsedTokens.Broken(var rule)) {
                rules.that(false, rule, "AUTH_TOKENS");
            }
            rules.that(
                            origins.stream()
                                    .allMatch(origin -> ORIGIN.matcher(origin).matches()),
                            "must be comma-separated origins such as https://ci.example or http://localhost:3000,"
                                    + " without a path",
                            "ALLOWED_ORIGINS")
                    .that(
                            hosts.stream().allMatch(host -> HOST.matcher(host).matches()),
                            "must be comma-separated host names such as grid.example or *.grid.example, without a port,"
                                    + " or * for any; write a name with ß, ς or a joiner as xn--…",
                            "ALLOWED_HOSTS")
                    .check();
        }

        private static List<String> commaSeparated(List<String> words) {
            return words.stream()
                    .flatMap(word -> Stream.of(word.split(",", -1)))
                    .filter(word -> !word.isEmpty())
                    .map(word -> inAscii(word.toLowerCase(Locale.ROOT)))
                    .toList();
        }

        /// Converts a host name to the form that clients send: `grid.münchen.example` is
        /// `grid.xn--mnchen-3ya.example` in a request. A name without such a form is returned unchanged,
        /// and rejected later.
        private static String inAscii(String word) {
            if (word.chars().allMatch(c -> c < 0x80) || AMBIGUOUS.matcher(word).matches()) {
                return word;
            }
            var scheme = word.indexOf("://") + 3;
            var host = scheme < 3 ? 0 : scheme;
            var port = PORT.matcher(word);
            var end = port.find() ? port.start() : word.length();
            try {
                var wildcard = word.startsWith("*.", host) ? host + 2 : host;
                return word.substring(0, wildcard)
                        + IDN.toASCII(word.substring(wildcard, end), IDN.ALLOW_UNASSIGNED)
                        + word.substring(end);
            } catch (IllegalArgumentException _) {
                return word;
            }
        }

        /// No tokens, and every host name is allowed.
        public static AccessSettings open() {
            return new AccessSettings(Optional.empty(), List.of(), List.of("*"));
        }

        /// Whether people may look at sessions.
        public boolean isViewable(ListenSettings listen) {
            return liveView && isConfidential(listen);
        }

        /// Whether it is known who asks: without tokens, only where nobody elsewhere reaches the proxy.
        public boolean isConfidential(ListenSettings listen) {
            return tokens.isPresent() || isLoopback(listen.bindAddress());
        }

        /// Warns when anyone who reaches the address can use the grid.
        List<SettingsFinding> warnings(ListenSettings listen) {
            return new SettingsRules()
                    .that(
                            tokens.isPresent() || isLoopback(listen.bindAddress()),
                            "lets anyone who can reach this address use browsers, set AUTH_TOKENS (or listen on"
                                    + " 127.0.0.1)",
                            "BIND_ADDRESS",
                            "AUTH_TOKENS")
                    .findings();
        }

        private static boolean isLoopback(String address) {
            return address.equals("localhost") || address.equals("::1") || address.startsWith("127.");
        }
    }
}
