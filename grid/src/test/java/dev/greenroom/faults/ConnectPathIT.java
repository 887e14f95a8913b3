package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.relay.Relay;
import dev.greenroom.net.server.Transport;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.testkit.FaultProxy;
import dev.greenroom.testkit.FaultProxy.Weather;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.testkit.RedisServer;
import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Compares the page on one connect with connects that are traced: each class that takes part, in the
/// order in which its thread comes to it, and each time that one thread wakes another. Values (records,
/// enums), interfaces and the log are left out, as is periodic work.
@Timeout(300)
class ConnectPathIT {
    private static final Path PAGE = Path.of(System.getProperty("basedir", "."), "..", "docs", "architecture.md")
            .normalize();
    private static final String PROXY = "proxy";
    private static final String WORKER = "worker";
    private static final String CLIENT = "client's event loop";
    private static final String SESSION = "session's thread";
    private static final String BROWSER = "browser's event loop";
    private static final int MOST_IN_THE_PROXY = 6;
    private static final int MOST_IN_THE_WORKER = 4;

    /// How many equal traces count as the usual path: other work may disturb some, but not in the same
    /// way.
    private static final int ALIKE = 5;

    private static final int MOST_CONNECTS = 200;
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern ROW = Pattern.compile("\\| ([^|]+) \\| (.*`.*) \\| ([^|]*) \\|");
    private static final Pattern CLASS = Pattern.compile("`(\\w+)`");
    private static final Pattern HAND_OVER = Pattern.compile("⇄ ?(\\d+)");

    /// The types of the product, and whether each is a class that is listed.
    private static final Map<String, Boolean> IS_CLASS = types();

    /// The classes of each thread in order, with hand-overs as "⇄1".
    private record Way(Map<String, List<String>> threads) {
        long handOvers() {
            return threads.values().stream()
                    .flatMap(List::stream)
                    .filter(step -> step.startsWith("⇄"))
                    .count();
        }
    }

    private record Ways(Way proxy, Way worker) {}

    @Test
    void the_page_on_one_connect_names_each_class_and_each_hand_over_in_order() throws Exception {
        var page = Files.readString(PAGE);
        var seen = connects();

        assertThat(seen.proxy().handOvers()).as("hand-overs in the proxy").isLessThanOrEqualTo(MOST_IN_THE_PROXY);
        assertThat(seen.worker().handOvers()).as("hand-overs in the worker").isLessThanOrEqualTo(MOST_IN_THE_WORKER);
        assertThat(described(page, "### One connect in the proxy"))
                .as("docs/architecture.md, One connect in the proxy")
                .isEqualTo(seen.proxy().threads());
        assertThat(described(page, "### One connect in the worker"))
                .as("docs/architecture.md, One connect in the worker")
                .isEqualTo(seen.worker().threads());
    }

    /// The way that most connects take whose browser is warm and connected on another event loop.
    private static Ways connects() throws Exception {
        try (var redis = RedisServer.start();
                var worker = side(WORKER, TracedWorker.class.getName(), redis.port());
                var network = FaultProxy.before(redis.port(), 1);
                var proxy = side(PROXY, TracedProxy.class.getName(), network.port())) {
            // Whoever waits for an answer waits before it comes, also where threads have to wait for a processor.
            network.weather(Weather.slow(Duration.ofMillis(20), Duration.ZERO));
            Optional<Way> inProxy = Optional.empty();
            Optional<Way> inWorker = Optional.empty();
            var times = new HashMap<Way, Integer>();
            for (var n = 0; n < MOST_CONNECTS && (inProxy.isEmpty() || inWorker.isEmpty()); n++) {
                var used = n;
                await().pollInterval(POLL).atMost(PATIENCE).until(() -> worker.number() > used);
                var events = connect(proxy.number());
                if (events.isEmpty()) {
                    continue;
                }
                assertThat(events)
                        .as("reads of the request, one in each process")
                        .filteredOn(event -> event.isOf(LaunchOverridesReader.class)
                                && event.method().equals("read"))
                        .hasSize(2);
                inProxy = inProxy.or(() -> usual(times, way(events, PROXY)));
                inWorker = inWorker.or(() -> Optional.of(way(events, WORKER))
                        .filter(way -> way.threads().containsKey(BROWSER))
                        .flatMap(way -> usual(times, way)));
            }
            var none = "no %d connects were alike; there were %s".formatted(ALIKE, times);
            return new Ways(
                    inProxy.orElseThrow(() -> new AssertionError(none)),
                    inWorker.orElseThrow(() -> new AssertionError(none)));
        }
    }

    private static Optional<Way> usual(Map<Way, Integer> times, Way way) {
        return times.merge(way, 1, Integer::sum) >= ALIKE ? Optional.of(way) : Optional.empty();
    }

    private record Side(Closeable parts) implements Closeable {
        int number() {
            return ((IntSupplier) parts).getAsInt();
        }

        @Override
        public void close() throws IOException {
            parts.close();
        }
    }

    private static Side side(String side, String type, int redisPort) throws Exception {
        var made = new TracedClasses(side)
                .loadClass(type)
                .getConstructor(Integer.class)
                .newInstance(redisPort);
        return new Side((Closeable) made);
    }

    /// @return nothing for a connect that is refused, because the machine stood still for too long
    private static List<ConnectTrace.Event> connect(int port) throws Exception {
        try (var client = RawClient.connect(port)) {
            ConnectTrace.start();
            var head = client.send(RawClient.upgrade("/", "User-Agent: Playwright/1.62.0 (x64; debian 12) node/24\r\n"))
                    .readHead();
            var events = ConnectTrace.stop();
            if (!head.startsWith("HTTP/1.1 101 ")) {
                return List.of();
            }
            client.send(RawClient.masked(8, RawClient.close(1000, "")));
            client.readAll();
            return events;
        }
    }

    private static Way way(List<ConnectTrace.Event> all, String side) {
        var events = all.stream()
                .filter(event -> event.side().equals(side) && IS_CLASS.containsKey(event.type()))
                .toList();
        var threads = new LinkedHashMap<String, List<String>>();
        var roles = new HashMap<Thread, String>();
        var read = false;
        var handOvers = 0;
        for (var event : events) {
            read |= event.type().endsWith(".RequestHeadDecoder")
                    && event.method().equals("decode");
            if (!read) {
                continue;
            }
            var role = roles.computeIfAbsent(
                    event.thread(), thread -> role(thread, roles.values().size()));
            if (event.isOf(Transport.class) && !role.equals(SESSION)) {
                continue; // its EventLoopLag looks at each event loop many times a second
            }
            var steps = threads.computeIfAbsent(role, _ -> new ArrayList<>());
            if (event.handOver()) {
                handOvers++;
                steps.add("⇄" + handOvers);
            } else if (IS_CLASS.getOrDefault(event.type(), false) && !steps.contains(simple(event.type()))) {
                steps.add(simple(event.type()));
            }
        }
        // What others do after they have woken the client's event loop has nothing to do with the 101.
        threads.replaceAll((role, steps) -> role.equals(CLIENT) ? steps : upToTheLastHandOver(steps));
        return new Way(threads);
    }

    private static List<String> upToTheLastHandOver(List<String> steps) {
        var last = 0;
        for (var n = 0; n < steps.size(); n++) {
            last = steps.get(n).startsWith("⇄") ? n + 1 : last;
        }
        return List.copyOf(steps.subList(0, last));
    }

    private static String role(Thread thread, int others) {
        var name = thread.getName();
        if (name.startsWith("loop")) {
            return others == 0 ? CLIENT : BROWSER;
        }
        if (name.startsWith("serve-")) {
            return SESSION;
        }
        return name.startsWith("lettuce") ? "Redis' event loop" : name;
    }

    private static Map<String, Boolean> types() {
        try {
            var root = Path.of(Relay.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            try (var files = Files.walk(root)) {
                return files.map(file -> root.relativize(file).toString())
                        .filter(file -> file.endsWith(".class") && !file.contains("$") && !file.contains("-info"))
                        .map(file -> file.replace(".class", "").replace('/', '.'))
                        .collect(Collectors.toMap(name -> name, ConnectPathIT::isClass));
            }
        } catch (Exception e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static String simple(String type) {
        return type.substring(type.lastIndexOf('.') + 1);
    }

    private static boolean isClass(String name) {
        try {
            var type = Class.forName(name, false, ConnectPathIT.class.getClassLoader());
            return !name.contains(".ops.log.")
                    && !name.contains(".session.")
                    && !type.isRecord()
                    && !type.isEnum()
                    && !Modifier.isInterface(type.getModifiers());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Reads the table below a heading.
    private static Map<String, List<String>> described(String page, String heading) {
        var threads = new LinkedHashMap<String, List<String>>();
        var from = page.indexOf(heading + "\n");
        assertThat(from).as("the heading '%s' in the page", heading).isNotNegative();
        for (var line : page.substring(from + heading.length()).split("\n", -1)) {
            if (line.startsWith("#")) {
                break;
            }
            var row = ROW.matcher(line);
            if (row.matches()) {
                var steps = threads.computeIfAbsent(row.group(1).strip(), _ -> new ArrayList<>());
                CLASS.matcher(row.group(2)).results().forEach(found -> steps.add(found.group(1)));
                HAND_OVER.matcher(row.group(3)).results().forEach(found -> steps.add("⇄" + found.group(1)));
            }
        }
        return threads;
    }
}
