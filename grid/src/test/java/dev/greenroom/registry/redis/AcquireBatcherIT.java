package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.serving;
import static dev.greenroom.registry.RegistryFixtures.session;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Acquisition.NoWorkers;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.FaultProxy;
import dev.greenroom.testkit.FaultProxy.Weather;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Requests that are sent in one call.
@Tag("check")
final class AcquireBatcherIT {
    private static final int SLOTS = 3;
    private static final int LIFETIMES = 9;
    private static final int ROUNDS = 5;
    private static final List<String> VERSIONS =
            List.of("", "", "", "", "1.62", "1.62", "", "1.61", "", "", "", "1.61", "", "", "");

    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    private final RedisRegistry registry = redis.registry(SLOTS, LIFETIMES);

    private record Wish(SessionId session, String version, List<String> excluded) {
        Stream<String> arguments() {
            var first = Stream.of(
                    "chromium",
                    session.toString(),
                    version,
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    Integer.toString(excluded.size()));
            return Stream.concat(first, excluded.stream());
        }
    }

    @Test
    void requests_in_one_call_get_what_they_would_get_one_after_another() {
        var together = rounds(AcquireBatcherIT::call);
        redis.cli("FLUSHALL");

        var alone = rounds(requests -> requests.stream()
                .map(List::of)
                .map(AcquireBatcherIT::call)
                .flatMap(List::stream)
                .toList());

        assertThat(together).isEqualTo(alone);
        assertThat(String.join(" ", together)).contains("granted", "taken", "chromium:d");
    }

    @Test
    void the_same_session_twice_in_one_call_holds_one_slot() {
        registry.heartbeat(beat("a"));
        var request = new Wish(session(), "", List.of());

        var answers = call(List.of(request, new Wish(session(), "", List.of()), request));

        assertThat(answers).filteredOn("chromium:a"::equals).hasSize(3);
        assertThat(redis.cli("HGET", "cluster:active_connections", "chromium:a"))
                .isEqualTo("2");
        assertThat(redis.cli("ZCARD", "grid:leases")).isEqualTo("2");
    }

    @Test
    void requests_that_meet_too_long_a_queue_for_one_call_are_sent_again_and_all_are_served() throws Exception {
        var roomy = redis.registry(SLOTS, 1_000);
        for (var n = 0; n < 40; n++) {
            roomy.heartbeat(beat("w" + n));
        }
        var line = Stream.generate(RegistryFixtures::request).limit(60).toList();
        roomy.keepPlaces("one", List.of());
        line.forEach(request -> roomy.enqueue("one", request, Duration.ZERO));

        // The last of them, for each of whom those before it have to be counted.
        var inOneCall = call(line.stream()
                .skip(50)
                .map(request -> new Wish(request.session(), "", List.of()))
                .toList());
        Set<SessionId> granted = ConcurrentHashMap.newKeySet();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var n = 0; n < 12; n++) {
                var request = RegistryFixtures.request();
                // On a busy machine the answer may come too late; whoever asks again gets the same slot.
                clients.submit(() -> await().ignoreExceptions().untilAsserted(() -> {
                    assertThat(roomy.acquire(request)).isInstanceOf(Granted.class);
                    granted.add(request.session());
                }));
            }
        }

        assertThat(inOneCall).contains("granted", "again");
        assertThat(granted).as("those who came while there was room for all").hasSize(12);
    }

    @Test
    void requests_that_meet_a_long_queue_while_slots_are_free_are_all_served_in_one_call() {
        var roomy = redis.registry(SLOTS, 1_000);
        for (var n = 0; n < 40; n++) {
            roomy.heartbeat(beat("w" + n));
        }
        roomy.keepPlaces("one", List.of());
        Stream.generate(RegistryFixtures::request)
                .limit(60)
                .forEach(request -> roomy.enqueue("one", request, Duration.ZERO));

        var answers = call(Stream.generate(() -> new Wish(session(), "", List.of()))
                .limit(32)
                .toList());

        assertThat(answers).filteredOn("granted"::equals).hasSize(32);
    }

    @Test
    void a_thousand_requests_at_once_are_all_answered_by_a_distant_redis() throws Exception {
        try (var network = FaultProxy.before(redis.server().port(), 1);
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var far = redis.started(RedisTest.settings(network.port()));
            redis.awaitConnected(far);
            network.weather(Weather.slow(Duration.ofMillis(20), Duration.ZERO));

            // On a machine that stands still for as long as Redis may take to answer they are not.
            await().atMost(Duration.ofSeconds(30)).ignoreExceptions().untilAsserted(() -> {
                var answers =
                        clients.invokeAll(Collections.nCopies(1_000, () -> far.acquire(RegistryFixtures.request())));
                for (var answer : answers) {
                    assertThat(answer.get()).isInstanceOf(NoWorkers.class);
                }
            });
        }
    }

    @Test
    void every_grant_of_one_call_has_its_own_fencing_token() {
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));

        var fences = call(requests()).stream()
                .filter(line -> line.matches("\\d{16,}"))
                .map(Long::valueOf)
                .toList();

        assertThat(fences).hasSize(2 * SLOTS).doesNotHaveDuplicates().isSorted();
        assertThat(redis.cli("GET", "grid:fence"))
                .isEqualTo(Collections.max(fences).toString());
    }

    /// What was decided, and what Redis says afterwards, while lifetimes are used up round by round.
    private List<String> rounds(Function<List<Wish>, List<String>> call) {
        registry.heartbeat(beat("a"));
        registry.heartbeat(serving(beat("b"), "1.62"));
        registry.heartbeat(beat("c"));
        registry.heartbeat(serving(beat("d"), "1.61,1.62"));
        // What a proxy does once a second depends on when it does it.
        redis.cli("SET", "grid:tick:chromium", "1", "EX", "600");
        List<String> seen = new ArrayList<>();
        for (var round = 0; round < ROUNDS; round++) {
            var requests = requests();
            call.apply(requests).stream().filter(line -> !line.matches("\\d+")).forEach(seen::add);
            seen.addAll(state());
            registry.release(requests.stream().map(Wish::session).toList());
            seen.addAll(state());
        }
        return seen;
    }

    private static List<Wish> requests() {
        List<Wish> requests = new ArrayList<>();
        for (var version : VERSIONS) {
            requests.add(new Wish(session(), version, requests.size() % 5 == 1 ? List.of("chromium:a") : List.of()));
        }
        return requests;
    }

    private static List<String> state() {
        return Stream.of("HGETALL cluster:active_connections", "HGETALL cluster:lifetime_connections")
                .map(command ->
                        redis.cli(command.split(" ", -1)).lines().sorted().toList())
                .map(lines -> String.join(" ", lines)
                        + redis.cli("ZRANGE", "grid:idx:chromium", "0", "-1", "WITHSCORES")
                        + redis.cli("ZRANGE", "grid:idx:chromium:1.62", "0", "-1", "WITHSCORES")
                        + redis.cli("HGET", "grid:recycle:chromium", "holder")
                        + redis.cli("ZCARD", "grid:leases")
                        + redis.cli("HLEN", "grid:sid"))
                .toList();
    }

    private static List<String> call(List<Wish> requests) {
        var body = RedisScript.ACQUIRE.text(false).body();
        var rules = Stream.of(
                "EVAL", body, "0", Integer.toString(SLOTS), Integer.toString(LIFETIMES), "15000", "60000,90000");
        var arguments = Stream.concat(rules, requests.stream().flatMap(Wish::arguments));
        return redis.cli(arguments.toArray(String[]::new)).lines().toList();
    }
}
