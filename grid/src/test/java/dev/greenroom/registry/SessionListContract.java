package dev.greenroom.registry;

import static dev.greenroom.registry.RegistryContract.poll;
import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.session;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList.CdpBrowser;
import dev.greenroom.registry.SessionList.EndedSession;
import dev.greenroom.registry.SessionList.FoundBrowser;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLabels;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The list of sessions in every registry, and how sessions are ended.
public interface SessionListContract extends RegistryContract {
    /// A client that says all that it can say.
    LiveSession.Client CI = new LiveSession.Client(
            PlaywrightVersion.of("1.62"),
            "192.0.2.7",
            "ci",
            ClientProtocol.CDP,
            SessionLabels.of("Käse-Shop › pays #3", "build:7,url:http://x/y"));

    private static LiveSession described(Granted granted) {
        return new LiveSession(granted.session(), granted.worker(), "proxy-1:8080", CI);
    }

    private List<LiveSession> running(Registry registry, int sessions) {
        registry.heartbeat(beat("a"));
        var running = IntStream.range(0, sessions)
                .mapToObj(_ -> described(granted(registry, request())))
                .toList();
        registry.sessions().describe(running);
        return running;
    }

    private Registry roomy() {
        return registry(RegistryFixtures.limits(10, 100));
    }

    @Test
    default void a_described_session_is_found_as_it_was_described_until_it_is_released() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();

        var found = registry.sessions().find(session.session());
        registry.release(List.of(session.session()));

        assertThat(found).contains(session);
        assertThat(found.orElseThrow().startedAt()).isEqualTo(session.session().madeAt());
        assertThat(registry.sessions().find(session.session())).isEmpty();
        assertThat(registry.sessions().page(10, Optional.empty()).sessions()).isEmpty();
    }

    private static EndedSession ended(int n) {
        var session = new LiveSession(session(), RegistryFixtures.worker("a"), "proxy-1:8080", CI);
        return new EndedSession(
                session,
                "build-" + n,
                Instant.parse("2026-12-01T10:00:00.123Z"),
                "client lost",
                "gone “away”",
                Duration.ofMillis(12),
                Duration.ofMillis(345),
                6_000_000_000L,
                7);
    }

    @Test
    default void what_became_of_a_session_is_listed_newest_first_and_found_as_it_was_kept() {
        var registry = roomy();
        var ended = IntStream.range(0, 5).mapToObj(n -> ended(n)).toList();
        registry.sessions().keepEnded(ended.subList(0, 3), Duration.ofHours(1), 100);
        pass(Duration.ofSeconds(1));
        registry.sessions().keepEnded(ended.subList(3, 5), Duration.ofHours(1), 100);

        var first = registry.sessions().endedPage(2, Optional.empty());
        var second = registry.sessions().endedPage(3, first.next());

        assertThat(first.sessions()).containsExactlyInAnyOrderElementsOf(ended.subList(3, 5));
        assertThat(second.sessions()).containsExactlyInAnyOrderElementsOf(ended.subList(0, 3));
        assertThat(second.next()).isEmpty();
        assertThat(registry.sessions().findEnded(ended.get(1).session().session()))
                .contains(ended.get(1));
        assertThat(registry.sessions().findEnded(session())).isEmpty();
        assertThat(registry.sessions().page(10, Optional.empty()).sessions()).isEmpty();
    }

    @Test
    default void ended_sessions_are_forgotten_after_their_time_and_the_oldest_when_there_are_too_many() {
        var registry = roomy();
        var ended = IntStream.range(0, 3).mapToObj(n -> ended(n)).toList();
        for (var one : ended) {
            registry.sessions().keepEnded(List.of(one), Duration.ofSeconds(60), 2);
            pass(Duration.ofSeconds(1));
        }

        var kept = registry.sessions().endedPage(10, Optional.empty()).sessions();
        var afterForgotten = registry.sessions()
                .endedPage(10, Optional.of(ended.getFirst().session().session()));
        pass(Duration.ofSeconds(61));

        assertThat(kept).containsExactly(ended.get(2), ended.get(1));
        assertThat(registry.sessions().endedPage(10, Optional.empty()).sessions())
                .isEmpty();
        assertThat(afterForgotten.sessions()).isEmpty();
        assertThat(registry.sessions().findEnded(ended.get(2).session().session()))
                .isEmpty();
    }

    @Test
    default void the_time_since_a_clients_last_call_grows_as_time_passes() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();
        var unknown = RegistryFixtures.session();

        var before = registry.sessions().find(session.session()).orElseThrow().sinceLastCall();
        registry.sessions().called(Map.of(session.session(), Duration.ofSeconds(100), unknown, Duration.ZERO));
        pass(Duration.ofSeconds(2));
        var idle = registry.sessions().find(session.session()).orElseThrow().sinceLastCall();

        assertThat(before).isEmpty();
        assertThat(idle)
                .hasValueSatisfying(since -> assertThat(since.toSeconds()).isEqualTo(102));
        assertThat(registry.sessions().page(10, Optional.empty()).sessions())
                .singleElement()
                .satisfies(listed -> assertThat(listed.sinceLastCall()).isPresent());
        assertThat(registry.sessions().find(unknown)).isEmpty();
    }

    @Test
    default void an_earlier_call_than_the_last_one_changes_nothing() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();

        registry.sessions().called(Map.of(session.session(), Duration.ofSeconds(10)));
        registry.sessions().called(Map.of(session.session(), Duration.ofSeconds(100)));

        assertThat(registry.sessions().find(session.session()).orElseThrow().sinceLastCall())
                .hasValueSatisfying(since -> assertThat(since.toSeconds()).isEqualTo(10));
    }

    @Test
    default void a_browser_is_found_while_its_session_has_a_lease_and_then_it_is_known_to_be_gone() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();
        var browser = new CdpBrowser("digest", session.session(), session.worker());

        var before = registry.sessions().findBrowser("digest");
        registry.sessions().addBrowsers(List.of(browser));
        var found = registry.sessions().findBrowser("digest");
        registry.release(List.of(session.session()));

        assertThat(before).isEqualTo(new FoundBrowser.Unused());
        assertThat(found)
                .isEqualTo(new FoundBrowser.Running(session.worker(), beat("a").endpoint()));
        assertThat(registry.sessions().findBrowser("digest")).isEqualTo(new FoundBrowser.Ended());
    }

    @Test
    default void a_browser_is_gone_with_the_lease_of_its_proxy_and_its_id_is_forgotten_later() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();
        registry.sessions().addBrowsers(List.of(new CdpBrowser("digest", session.session(), session.worker())));

        pass(RegistryFixtures.LEASE_TTL.plusSeconds(1));
        registry.reap();
        var gone = registry.sessions().findBrowser("digest");
        pass(Duration.ofMinutes(10));

        assertThat(gone).isEqualTo(new FoundBrowser.Ended());
        assertThat(registry.sessions().findBrowser("digest")).isEqualTo(new FoundBrowser.Unused());
    }

    @Test
    default void a_session_is_listed_from_its_grant_on() {
        var registry = roomy();
        registry.heartbeat(beat("a"));
        var client = CI;
        var request = new SlotRequest(
                session(),
                BrowserType.CHROMIUM,
                PlaywrightVersion.of("1.62"),
                Set.of(),
                Optional.of(new SlotRequest.Requester("proxy-1:8080", client)));

        var granted = granted(registry, request);

        assertThat(registry.sessions().find(granted.session()))
                .contains(new LiveSession(granted.session(), granted.worker(), "proxy-1:8080", client));
        assertThat(registry.sessions().end(granted.session())).isTrue();
        registry.release(List.of(granted.session()));
        assertThat(registry.sessions().page(10, Optional.empty()).sessions()).isEmpty();
    }

    @Test
    default void a_client_may_be_without_a_version() {
        var registry = roomy();
        registry.heartbeat(beat("a"));
        var granted = granted(registry, request());
        var session = new LiveSession(
                granted.session(),
                granted.worker(),
                "p:1",
                new LiveSession.Client(Optional.empty(), "2001:db8::1", ""));

        registry.sessions().describe(List.of(session));

        assertThat(registry.sessions().find(session.session())).contains(session);
    }

    @Test
    default void pages_are_oldest_first_and_the_last_one_has_no_next() {
        var registry = roomy();
        var running = running(registry, 5).stream()
                .sorted((a, b) -> a.session().toString().compareTo(b.session().toString()))
                .toList();

        List<LiveSession> listed = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        Optional<SessionId> next = Optional.empty();
        do {
            var page = registry.sessions().page(2, next);
            listed.addAll(page.sessions());
            sizes.add(page.sessions().size());
            next = page.next();
        } while (next.isPresent());

        assertThat(listed).isEqualTo(running);
        assertThat(sizes).containsExactly(2, 2, 1);
        assertThat(registry.sessions().page(5, Optional.empty()).next()).isEmpty();
    }

    @Test
    default void a_session_without_a_lease_is_not_listed() {
        var registry = roomy();
        registry.heartbeat(beat("a"));
        var granted = granted(registry, request());
        registry.release(List.of(granted.session()));

        registry.sessions().describe(List.of(described(granted)));

        assertThat(registry.sessions().find(granted.session())).isEmpty();
        assertThat(registry.sessions().page(10, Optional.empty()).sessions()).isEmpty();
    }

    @Test
    default void a_lost_lease_takes_its_session_off_the_list_and_its_renewal_asks_for_it_again() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();
        pass(RegistryFixtures.LEASE_TTL.plusSeconds(1));
        registry.reap();

        var lost = registry.sessions().find(session.session());
        var leaseRenewal = registry.renew(List.of(new HeldLease(session.session(), session.worker())));
        registry.sessions().describe(List.of(session));

        assertThat(lost).isEmpty();
        assertThat(leaseRenewal.restored()).containsExactly(session.session());
        assertThat(registry.sessions().find(session.session())).contains(session);
    }

    @Test
    default void an_order_to_end_a_session_is_delivered_at_once_and_with_every_renewal() throws Exception {
        var registry = roomy();
        var running = running(registry, 2);
        var told = new LinkedBlockingQueue<SessionId>();
        registry.sessions().onEnd(told::add);
        awaitHintsOf(registry);
        var doomed = running.getFirst();
        var held = running.stream()
                .map(each -> new HeldLease(each.session(), each.worker()))
                .toList();

        var known = registry.sessions().end(doomed.session());

        assertThat(known).isTrue();
        assertThat(poll(told)).isEqualTo(doomed.session());
        assertThat(registry.renew(held).toEnd()).containsExactly(doomed.session());
        assertThat(registry.renew(held).toEnd()).containsExactly(doomed.session());
        registry.release(List.of(doomed.session()));
        assertThat(registry.renew(held.subList(1, 2)).toEnd()).isEmpty();
    }

    @Test
    default void an_order_to_end_a_session_survives_the_loss_of_its_lease() {
        var registry = roomy();
        var session = running(registry, 1).getFirst();
        var held = List.of(new HeldLease(session.session(), session.worker()));
        registry.sessions().end(session.session());
        pass(RegistryFixtures.LEASE_TTL.plusSeconds(1));
        registry.reap();

        var leaseRenewal = registry.renew(held);

        assertThat(leaseRenewal.toEnd()).containsExactly(session.session());
    }

    @Test
    default void a_session_without_a_lease_cannot_be_ended() {
        var registry = roomy();
        running(registry, 1);

        assertThat(registry.sessions().end(session())).isFalse();
    }
}
