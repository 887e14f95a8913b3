package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.SessionList.CdpBrowser;
import dev.greenroom.registry.SessionList.EndedPage;
import dev.greenroom.registry.SessionList.EndedSession;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.SessionList.SessionPage;
import dev.greenroom.session.SessionId;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The list of sessions that hold leases, and which of them have to end. Guarded by the lock of
/// [MemoryRegistry].
final class SessionDescriptions {
    private final TreeMap<SessionId, LiveSession> sessions =
            new TreeMap<>((one, other) -> one.toString().compareTo(other.toString()));
    private final Set<SessionId> ordered = new HashSet<>();

    /// When the clients of these sessions sent their last calls, as far as that is known.
    private final Map<SessionId, Duration> lastCalls = new HashMap<>();

    /// How long it is known where a browser is, and then, that it is gone.
    private static final Duration BROWSER_TTL = Duration.ofMinutes(10);

    /// Browsers by the digests of their ids, in the order in which they are forgotten.
    private final LinkedHashMap<String, KnownBrowser> browsers = new LinkedHashMap<>();

    private record KnownBrowser(CdpBrowser browser, Duration until) {}

    /// Sessions that have ended, in the order of their ends, which is that in which they are forgotten.
    private final LinkedHashMap<SessionId, KeptSession> ended = new LinkedHashMap<>();

    private record KeptSession(EndedSession session, Duration until) {}

    void keepEnded(Collection<EndedSession> added, Duration until, int most) {
        added.forEach(session -> ended.putLast(session.session().session(), new KeptSession(session, until)));
        while (ended.size() > most) {
            ended.pollFirstEntry();
        }
    }

    private void forgetEnded(Duration now) {
        while (!ended.isEmpty() && ended.firstEntry().getValue().until().compareTo(now) <= 0) {
            ended.pollFirstEntry();
        }
    }

    EndedPage endedPage(int limit, Optional<SessionId> after, Duration now) {
        forgetEnded(now);
        var rest = ended.sequencedValues().reversed().stream().map(KeptSession::session);
        var found = after.map(last -> rest.dropWhile(
                                session -> !session.session().session().equals(last))
                        .skip(1))
                .orElse(rest)
                .limit(limit + 1L)
                .toList();
        var page = found.stream().limit(limit).toList();
        return new EndedPage(
                page,
                found.size() > limit ? Optional.of(page.getLast().session().session()) : Optional.empty());
    }

    Optional<EndedSession> findEnded(SessionId session, Duration now) {
        forgetEnded(now);
        return Optional.ofNullable(ended.get(session)).map(KeptSession::session);
    }

    void add(Collection<CdpBrowser> added, Duration now) {
        added.forEach(browser -> browsers.putLast(browser.digest(), new KnownBrowser(browser, now.plus(BROWSER_TTL))));
    }

    Optional<CdpBrowser> browser(String digest, Duration now) {
        while (!browsers.isEmpty() && browsers.firstEntry().getValue().until().compareTo(now) <= 0) {
            browsers.pollFirstEntry();
        }
        return Optional.ofNullable(browsers.get(digest)).map(KnownBrowser::browser);
    }

    void put(LiveSession session) {
        sessions.put(session.session(), session);
        lastCalls.remove(session.session());
    }

    void called(Map<SessionId, Duration> sinceLastCall, Duration now) {
        sinceLastCall.forEach((session, ago) -> {
            if (sessions.containsKey(session)) {
                lastCalls.merge(session, now.minus(ago), (one, other) -> one.compareTo(other) > 0 ? one : other);
            }
        });
    }

    private LiveSession at(LiveSession session, Duration now) {
        return new LiveSession(
                session.session(),
                session.worker(),
                session.proxy(),
                session.client(),
                Optional.ofNullable(lastCalls.get(session.session())).map(now::minus));
    }

    /// Removes a session from the list, but keeps the order to end it: the session may only be unreachable.
    void forget(SessionId session) {
        sessions.remove(session);
        lastCalls.remove(session);
    }

    /// Orders a session to end.
    void order(SessionId session) {
        ordered.add(session);
    }

    void ended(SessionId session) {
        ordered.remove(session);
    }

    List<SessionId> endRequests(Collection<HeldLease> held) {
        return ordered.isEmpty()
                ? List.of()
                : held.stream()
                        .map(HeldLease::session)
                        .filter(ordered::contains)
                        .toList();
    }

    Optional<LiveSession> find(SessionId session, Duration now) {
        return Optional.ofNullable(sessions.get(session)).map(found -> at(found, now));
    }

    SessionPage page(int limit, Optional<SessionId> after, Duration now) {
        var rest = after.map(last -> sessions.tailMap(last, false)).orElse(sessions);
        var page = rest.values().stream()
                .limit(limit)
                .map(session -> at(session, now))
                .toList();
        return new SessionPage(
                page, rest.size() > limit ? Optional.of(page.getLast().session()) : Optional.empty());
    }
}
