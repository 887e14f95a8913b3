package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.BrowserType;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Ten thousand clients come while every slot is taken.
@Timeout(120)
final class BurstIT {
    private static final int SLOTS = 100;
    private static final int QUEUE = 1_000;
    private static final int BURST = 10_000;

    /// Connections whose answer is on its way, so that this process has descriptors for both ends of all.
    private static final int ON_THE_WAY = 2_000;

    /// Served through one slot, one after the other.
    private static final int ONE_BY_ONE = 20;

    /// As many slots as may be free at once, and more for places that were lost for a while, because a
    /// machine that is busy with other things kept this process from keeping them. Among a thousand in no
    /// order somebody is further.
    private static final int OUT_OF_TURN = 3 * SLOTS;

    private static final int MOST_PER_SECOND = 50;
    private static final Duration MEASURED = Duration.ofSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final Duration WAIT = Timing.patientProxy().queue().selectTimeout();
    private static final String LINE = "grid:queue:chromium";
    private static final Pattern CALLS = Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)");
    private static final Pattern SESSION = Pattern.compile("(?im)^X-Request-Id: (\\S+)");

    private final FaultGrid grid = new FaultGrid(SLOTS, 100_000);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Semaphore onTheWay = new Semaphore(ON_THE_WAY);
    private final List<Future<Visit>> visits = new ArrayList<>();
    private final Queue<Visit> ended = new ConcurrentLinkedQueue<>();

    /// Sessions for which the registry was asked for a slot.
    private final Set<String> asked = ConcurrentHashMap.newKeySet();

    /// Sessions that got one, in the order in which the registry granted them.
    private final Map<Long, String> granted = new ConcurrentSkipListMap<>();

    /// Sessions of clients that came again.
    private final Set<String> unlucky = ConcurrentHashMap.newKeySet();

    private volatile boolean filling;
    private FaultGrid.Front front;
    private List<FaultClient> holders;

    /// What came of a connect.
    ///
    /// @param answer empty when it was served
    /// @param after how long it took from the request on
    private record Visit(String session, String answer, Duration after) {
        boolean isServed() {
            return answer.isEmpty();
        }

        boolean isFull() {
            return answer.contains("queue full");
        }

        /// On a machine that is busy with other things some wait for as long as they may.
        boolean hasWaited() {
            return answer.contains("no slot became free in time") && after.compareTo(WAIT) >= 0;
        }

        /// What may happen on a busy machine; a retry counts as another client.
        boolean isBadLuck() {
            return Stream.of("registry unavailable", "overloaded", "could be reached")
                    .anyMatch(answer::contains);
        }
    }

    @BeforeEach
    void takeEverySlot() throws Exception {
        var worker = grid.closing(FakeWorker.start(FakeWorker.echo()));
        grid.register("busy", worker.port(), SLOTS);
        front = grid.front(Timing.patientProxy(), this::heard);
        holders = new ArrayList<>();
        for (var n = 0; n < SLOTS; n++) {
            holders.add(front.session());
        }
        granted.clear();
    }

    @AfterEach
    void close() throws Exception {
        over.countDown();
        threads.shutdownNow();
        grid.close();
    }

    /// The same registry, overheard.
    private Registry heard(Registry registry) {
        var kind = new Class<?>[] {Registry.class};
        return (Registry) Proxy.newProxyInstance(Registry.class.getClassLoader(), kind, (_, method, arguments) -> {
            try {
                if (arguments != null && arguments[0] instanceof SlotRequest request) {
                    asked.add(request.session().toString());
                }
                var answer = method.invoke(registry, arguments);
                if (answer instanceof Granted grant) {
                    granted.put(grant.fence(), grant.session().toString());
                }
                return answer;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    private void come(int clients) {
        for (var n = 0; n < clients; n++) {
            Callable<Visit> visit = this::visit;
            visits.add(threads.submit(visit));
        }
    }

    private Visit visit() throws Exception {
        var visit = connect();
        while (visit.isBadLuck() || (filling && visit.hasWaited())) {
            unlucky.add(visit.session());
            over.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            visit = connect();
        }
        ended.add(visit);
        return visit;
    }

    /// Asks for a session, and leaves it as soon as it has one.
    private Visit connect() throws Exception {
        onTheWay.acquire();
        var began = System.nanoTime();
        try (var client = RawClient.connect(front.port()).send(RawClient.upgrade("/", ""))) {
            client.socket().setSoTimeout((int) LIMIT.toMillis());
            var head = client.readHead();
            var after = Duration.ofNanos(System.nanoTime() - began);
            var session = SESSION.matcher(head);
            assertThat(session.find()).as(head).isTrue();
            if (head.startsWith("HTTP/1.1 101 ")) {
                new FaultClient(client).leave();
                return new Visit(session.group(1), "", after);
            }
            return new Visit(session.group(1), head + client.readAll(), after);
        } finally {
            onTheWay.release();
        }
    }

    private double scriptsPerSecond() {
        var before = scripts();
        var began = System.nanoTime();
        await().pollDelay(MEASURED).until(() -> true);
        return (scripts() - before) * 1e9 / (System.nanoTime() - began);
    }

    private long scripts() {
        return CALLS.matcher(grid.redis().cli("INFO", "commandstats"))
                .results()
                .mapToLong(result -> Long.parseLong(result.group(1)))
                .sum();
    }

    @Test
    void FC8_a_thousand_who_come_at_once_wait_in_order_and_cost_redis_little() throws Exception {
        var line = fillLine();

        // Who has just come asks once more, in vain.
        await("few scripts a second while all wait")
                .atMost(WAIT)
                .until(() ->
                        scriptsPerSecond() < MOST_PER_SECOND && front.proxy().waiting(BrowserType.CHROMIUM) == QUEUE);
        holders.removeFirst().leave();
        await().atMost(LIMIT).until(() -> granted.size() >= ONE_BY_ONE);
        var visits = end();

        var order = granted.values().stream().filter(line::contains).toList();
        var inTurn = line.stream().filter(order::contains).toList();
        assertThat(order.subList(0, ONE_BY_ONE)).isEqualTo(inTurn.subList(0, ONE_BY_ONE));
        assertThat(mostOvertaken(order, inTurn)).isLessThan(OUT_OF_TURN);
        assertNone(visits, visit -> !visit.isServed() && !visit.hasWaited());
        grid.assertQuiet();
    }

    @Test
    void FC8_nine_thousand_who_find_no_place_are_refused_at_once_and_cost_redis_nothing() throws Exception {
        assertThat(fillLine()).hasSize(QUEUE);

        come(BURST - QUEUE);
        await().atMost(LIMIT).until(() -> ended.size() >= BURST - QUEUE);
        assertThat(front.proxy().waiting(BrowserType.CHROMIUM)).as("waiting").isLessThanOrEqualTo(QUEUE);

        visits.forEach(visit -> visit.cancel(true));
        for (var holder : holders) {
            holder.leave();
        }
        var full = ended.stream().filter(Visit::isFull).toList();
        assertThat(full.size()).as("refused").isGreaterThanOrEqualTo(BURST - 2 * QUEUE);
        assertNone(full, visit -> !visit.answer().startsWith("HTTP/1.1 503 "));
        assertNone(full, visit -> !visit.answer().contains("Retry-After: "));
        assertNone(full, visit -> visit.after().compareTo(WAIT.dividedBy(2)) > 0);
        assertNone(full, visit -> asked.contains(visit.session()));
        assertNone(ended, visit -> !visit.isServed() && !visit.isFull() && !visit.hasWaited());
        grid.assertQuiet();
    }

    /// Ten thousand in a message are too many.
    private static void assertNone(Collection<Visit> visits, Predicate<Visit> wrong) {
        assertThat(visits.stream().filter(wrong).limit(3)).isEmpty();
    }

    /// Lets a thousand come.
    ///
    /// @return their sessions, in the order in which they wait, when all do and nobody else has a place
    private List<String> fillLine() {
        filling = true;
        come(QUEUE);
        var line = await().atMost(LIMIT)
                .until(
                        () -> grid.redis()
                                .cli("ZRANGE", LINE, "0", "-1")
                                .lines()
                                .toList(),
                        found -> found.size() == QUEUE
                                && front.proxy().waiting(BrowserType.CHROMIUM) == QUEUE
                                && found.stream().noneMatch(unlucky::contains));
        filling = false;
        return line;
    }

    /// Frees the slots, for all who wait now.
    private List<Visit> end() throws Exception {
        for (var holder : holders) {
            holder.leave();
        }
        List<Visit> all = new ArrayList<>();
        for (var visit : visits) {
            all.add(visit.get());
        }
        return all;
    }

    /// How many places somebody was served before its turn, at most.
    private static int mostOvertaken(List<String> order, List<String> inTurn) {
        return IntStream.range(0, order.size())
                .map(n -> inTurn.indexOf(order.get(n)) - n)
                .max()
                .orElse(Integer.MAX_VALUE);
    }
}
