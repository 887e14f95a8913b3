package dev.greenroom.ops.metrics;

import static dev.greenroom.ops.metrics.Metric.MetricKind.COUNTER;
import static dev.greenroom.ops.metrics.Metric.MetricKind.GAUGE;
import static dev.greenroom.ops.metrics.Metric.MetricKind.HISTOGRAM;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.worker.pool.PooledBrowser.BrowserOrigin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Every metric of our own, as `docs/metrics.md` describes it.
public enum Metric {
    CONNECT_SECONDS(
            "grid_connect_seconds",
            HISTOGRAM,
            "How long clients waited for their session: `queue` for a slot, `select` for the registry, `dial` for the"
                    + " connection to a worker (failed workers included), `upgrade` for the browser and the 101 of the"
                    + " worker, `total` from the request to the 101 of the client. Started sessions only.",
            MetricLabel.PHASE),
    CONNECTS(
            "grid_connects_total",
            COUNTER,
            "Clients that asked for a session, by outcome: `connected`, or why not. `client_left` disconnected first.",
            MetricLabel.OUTCOME,
            MetricLabel.PROTOCOL),
    SESSIONS("grid_sessions", GAUGE, "Sessions that this process relays now."),
    SESSION_SECONDS("grid_session_seconds", HISTOGRAM, "Duration of sessions, from the request to the end."),
    ENDINGS(
            "grid_endings_total",
            COUNTER,
            "Sessions that ended, by the cause that came first.",
            MetricLabel.CAUSE,
            MetricLabel.PROTOCOL),
    QUEUE_DEPTH("grid_queue_depth", GAUGE, "Queued clients of this proxy."),
    CAPACITY_SLOTS(
            "grid_capacity_slots",
            GAUGE,
            "Slots of the whole grid: `active` with a session, `available` now, `unavailable` because their worker"
                    + " is draining, suspect or close to its lifetime limit. From the last response of the registry.",
            MetricLabel.BROWSER,
            MetricLabel.STATE),
    WORKERS("grid_workers", GAUGE, "Live workers of the whole grid.", MetricLabel.BROWSER, MetricLabel.STATUS),
    WORKER_SUSPECT(
            "grid_worker_suspect",
            GAUGE,
            "Workers that are excluded from selection because they could not be reached.",
            MetricLabel.BROWSER),
    RECORDS_REFUSED(
            "grid_worker_records_refused_total",
            COUNTER,
            "Workers that this proxy selected for a client and did not trust: the record has no valid `signature`, the"
                    + " `address` is outside of WORKER_ADDRESSES, or the worker gave no `proof` that it knows"
                    + " WORKER_SECRET.",
            MetricLabel.DISTRUST),
    WORKER_STARTS(
            "grid_worker_starts_total",
            COUNTER,
            "Worker runs that this proxy has seen start since its own start.",
            MetricLabel.BROWSER),
    REGISTRY_ANSWERING("grid_registry_answering", GAUGE, "1 while the registry answers, else 0."),
    REDIS_OP_SECONDS(
            "grid_redis_op_seconds", HISTOGRAM, "Duration of scripts in Redis, failed ones included.", MetricLabel.OP),
    RELAY_BYTES(
            "grid_relay_bytes_total",
            COUNTER,
            "Bytes relayed. Updated every five seconds while a session runs.",
            MetricLabel.DIRECTION),
    RELAY_MESSAGES(
            "grid_relay_messages_total",
            COUNTER,
            "Whole WebSocket messages relayed, in both directions. Updated every five seconds."),
    EVENT_LOOP_LAG("grid_event_loop_lag_seconds", GAUGE, "Largest scheduling delay of any event loop."),
    DIRECT_MEMORY("grid_direct_memory_bytes", GAUGE, "Memory outside of the heap that network buffers use."),
    WORKERS_DUE(
            "grid_workers_due",
            GAUGE,
            "Workers of the whole grid that have reached MAX_LIFETIME_SESSIONS and still accept sessions, because"
                    + " another worker is being recycled.",
            MetricLabel.BROWSER),
    SESSIONS_PAST_LIFETIME(
            "grid_sessions_past_lifetime",
            GAUGE,
            "Sessions that these workers have served beyond MAX_LIFETIME_SESSIONS.",
            MetricLabel.BROWSER),
    WORKER_SESSIONS("grid_worker_sessions", GAUGE, "Sessions that the workers of this process run or prepare."),
    WORKER_SLOTS("grid_worker_slots", GAUGE, "Concurrent sessions that they may run."),
    WORKER_WARM("grid_worker_warm_browsers", GAUGE, "Browsers that are launched and idle."),
    WORKER_BROWSERS_TAKEN(
            "grid_worker_browsers_taken_total",
            COUNTER,
            "Sessions that got a browser: one that was launched in advance (`warm`), one that had served the same"
                    + " tenant and was emptied (`reused`), or one that was launched while they waited (`launched`).",
            MetricLabel.ORIGIN),
    WORKER_DRIVERS("grid_worker_drivers", GAUGE, "Processes of Playwright's driver."),
    WORKER_DRIVERS_HUNG(
            "grid_worker_drivers_hung", GAUGE, "Processes of Playwright's driver that do not answer at the moment."),
    WORKER_DRIVER_DEATHS(
            "grid_worker_driver_deaths_total",
            COUNTER,
            "Driver processes that ended by themselves or had to be ended: they did not answer for DRIVER_HANG_TIMEOUT"
                    + " (`hung`), their heap reached DRIVER_HEAP (`out_of_memory`), or anything else (`crashed`).",
            MetricLabel.DEATH),
    WORKER_LAUNCH_SECONDS("grid_worker_launch_seconds", HISTOGRAM, "Duration of browser launches."),
    WORKER_LAUNCH_FAILURES("grid_worker_launch_failures_total", COUNTER, "Browser launches that failed."),
    WORKER_CRASHES("grid_worker_crashes_total", COUNTER, "Browsers that crashed, or ended with their driver."),
    WORKER_MEMORY(
            "grid_worker_memory_bytes",
            GAUGE,
            "Memory of drivers and browsers, and of the program if it runs only this worker. A few seconds old; 0 on"
                    + " systems that do not report it."),
    WORKER_SESSIONS_MEMORY(
            "grid_worker_sessions_memory_bytes", GAUGE, "The part of it that the browsers of sessions use."),
    WORKER_SESSION_PEAK("grid_worker_session_memory_peak_bytes", GAUGE, "Peak memory of the browser of one session."),
    WORKER_HEALTHY("grid_worker_healthy", GAUGE, "0 when a worker of this process has failed, else 1."),
    WORKER_BEGUN("grid_worker_incarnations_total", COUNTER, "Worker runs that started in this process."),
    WORKER_RUNS(
            "grid_worker_runs",
            GAUGE,
            "Worker runs of this process that have not ended: the current one, and earlier ones that still have"
                    + " sessions."),
    WORKER_RENEWAL_FAILURES(
            "grid_worker_renewal_failures_total",
            COUNTER,
            "Worker runs that should have replaced another one in this process and could not start."),
    LOG_DROPPED(
            "grid_log_dropped_total",
            COUNTER,
            "Log lines that were dropped because the queue was full, or that could not be written.");

    private final String title;
    private final MetricKind kind;
    private final String meaning;
    /// Made by `List.of`, which the checker cannot know.
    @SuppressWarnings("ImmutableEnumChecker")
    private final List<MetricLabel> labels;

    Metric(String title, MetricKind kind, String meaning, MetricLabel... labels) {
        this.title = title;
        this.kind = kind;
        this.meaning = meaning;
        this.labels = List.of(labels);
    }

    enum MetricKind {
        COUNTER,
        GAUGE,
        HISTOGRAM
    }

    /// The name in Prometheus.
    String title() {
        return title;
    }

    MetricKind kind() {
        return kind;
    }

    String meaning() {
        return meaning;
    }

    List<MetricLabel> labels() {
        return labels;
    }

    /// A label, and every value that it can have.
    ///
    /// @param values in the order in which they are documented
    public record MetricLabel(String name, List<String> values) {
        /// What becomes of a value that is none of the label's.
        static final String OTHER = "other";

        /// How drivers end.
        public static final List<String> DRIVER_DEATHS = List.of("hung", "out_of_memory", "crashed");

        static final MetricLabel BROWSER = new MetricLabel("browser", BrowserType.wireNames());
        static final MetricLabel PHASE = of("phase", "queue", "select", "dial", "upgrade", "total");
        static final MetricLabel STATE = of("state", "active", "available", "unavailable");
        static final MetricLabel STATUS = of("status", "available", "draining");
        static final MetricLabel DIRECTION = of("direction", "from_client", "from_worker");
        static final MetricLabel CAUSE = new MetricLabel(
                "cause",
                Arrays.stream(SessionEnding.Cause.values())
                        .map(MetricLabel::value)
                        .toList());
        static final MetricLabel DISTRUST = new MetricLabel(
                "reason",
                Arrays.stream(ExclusionReason.values()).map(MetricLabel::value).toList());
        static final MetricLabel DEATH = new MetricLabel("death", DRIVER_DEATHS);
        static final MetricLabel ORIGIN = new MetricLabel(
                "origin",
                Arrays.stream(BrowserOrigin.values()).map(BrowserOrigin::word).toList());
        /// How clients drive their browsers.
        static final MetricLabel PROTOCOL = new MetricLabel(
                "protocol",
                Stream.of(ClientProtocol.values()).map(ClientProtocol::wireName).toList());

        static final MetricLabel OUTCOME = new MetricLabel("outcome", outcomes());

        /// The scripts of the registry.
        static final MetricLabel OP = of(
                "op",
                "acquire",
                "enroll",
                "keep",
                "abandon",
                "renew",
                "release",
                "heartbeat",
                "leave",
                "deregister",
                "suspect",
                "trust",
                "order",
                "workers",
                "reap",
                "describe",
                "sessions",
                "end",
                "probe",
                OTHER);

        private static MetricLabel of(String name, String... values) {
            return new MetricLabel(name, List.of(values));
        }

        /// The value itself, if the label can have it.
        String bounded(String value) {
            return values.contains(value) ? value : OTHER;
        }

        /// The word for what ended a session.
        public static String value(SessionEnding.Cause cause) {
            return word(cause);
        }

        /// The word for how a driver ended.
        ///
        /// @param cause how its sessions ended
        public static String ofDriverDeath(SessionEnding.Cause cause) {
            return switch (cause) {
                case DRIVER_HUNG -> "hung";
                case DRIVER_OUT_OF_MEMORY -> "out_of_memory";
                default -> "crashed";
            };
        }

        /// The word for why a worker was not trusted.
        static String value(ExclusionReason why) {
            return word(why);
        }

        /// The word for why a client got no session.
        public static String value(Refusal refusal) {
            return refusal instanceof Refusal.NoSlot(var reason, var _) ? word(reason) : word(refusal.getClass());
        }

        private static List<String> outcomes() {
            var outcomes = new ArrayList<String>();
            outcomes.add("connected");
            Stream.of(Refusal.class.getPermittedSubclasses())
                    .filter(type -> type != Refusal.NoSlot.class)
                    .map(MetricLabel::word)
                    .forEach(outcomes::add);
            Stream.of(Refusal.NoSlotReason.values()).map(MetricLabel::word).forEach(outcomes::add);
            return List.copyOf(outcomes);
        }

        private static String word(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }

        private static String word(Class<?> type) {
            return type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
        }
    }
}
