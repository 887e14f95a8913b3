package dev.greenroom.worker.driver;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.worker.process.DriverFailedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What people see of the sessions of one browser: pictures of their pages, which its driver takes while
/// somebody watches, and what they have called. Safe for use by many
/// threads.
public final class PageViews {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final long browser;
    private final Predicate<String> send;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Long, CompletableFuture<List<ViewedPage>>> calls = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<SessionTimeline>> timelines = new ConcurrentHashMap<>();
    private final Map<Long, PageViewer> viewers = new ConcurrentHashMap<>();
    private volatile boolean ended;

    /// @param browser its number in the driver
    /// @param send queues a command; false when the driver takes no more
    PageViews(long browser, Predicate<String> send) {
        this.browser = browser;
        this.send = send;
    }

    /// Of a browser whose pages cannot be watched.
    public static PageViews none() {
        return new PageViews(0, _ -> false);
    }

    /// A page of a session.
    ///
    /// @param id that the browser gave it
    public record ViewedPage(String id, String title) {}

    /// What is watched, and how.
    ///
    /// @param width of a picture at most, in pixels
    /// @param quality of a JPEG, 1 to 100
    /// @param pause between two pictures
    public record ViewOptions(WatchedPage page, int width, int height, int quality, Duration pause) {}

    /// Which page of a session is watched.
    ///
    /// @param name of it in the driver's protocol
    public record WatchedPage(String name) {
        /// The one that was opened last, of those that are open.
        public static final WatchedPage NEWEST = new WatchedPage("");

        /// The one that was opened first; when it is closed, the one that was opened next.
        public static final WatchedPage FIRST = new WatchedPage("first");
    }

    /// Gets the pictures, on one thread. Must not block.
    public interface PageViewer {
        /// A picture of the page.
        ///
        /// @param jpeg empty while there is no such page
        void picture(Optional<byte[]> jpeg);

        /// There will be no more pictures, for example because the browser has ended.
        void ended(String why);
    }

    /// The pages of the session with this connection, oldest first. Completed exceptionally with a
    /// [DriverFailedException], which says why they are not known.
    public CompletableFuture<List<ViewedPage>> pages(long connection) {
        var number = numbers.incrementAndGet();
        var answer = new CompletableFuture<List<ViewedPage>>();
        calls.put(number, answer);
        if (ended || !send.test(DriverMessage.pages(browser, number, connection))) {
            answer.completeExceptionally(new DriverFailedException("the browser has ended"));
        }
        return answer.orTimeout(ANSWER.toMillis(), TimeUnit.MILLISECONDS).whenComplete((_, _) -> calls.remove(number));
    }

    /// What the session with this connection has called. Completed exceptionally with a
    /// [DriverFailedException] when the browser has ended, and with a timeout when its driver hangs.
    public CompletableFuture<SessionTimeline> timeline(long connection) {
        var number = numbers.incrementAndGet();
        var answer = new CompletableFuture<SessionTimeline>();
        timelines.put(number, answer);
        if (ended || !send.test(DriverMessage.timeline(browser, number, connection))) {
            answer.completeExceptionally(new DriverFailedException("the browser has ended"));
        }
        return answer.orTimeout(ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> timelines.remove(number));
    }

    /// Told by the driver.
    void answered(long call, SessionTimeline timeline) {
        Optional.ofNullable(timelines.remove(call)).ifPresent(waiting -> waiting.complete(timeline));
    }

    /// Watches a page of the session with this connection, until the result is closed.
    public Subscription watch(long connection, ViewOptions options, PageViewer viewer) {
        var number = numbers.incrementAndGet();
        viewers.put(number, viewer);
        if (ended || !send.test(DriverMessage.view(browser, number, connection, options))) {
            failed(number, "the browser has ended");
        }
        return () -> {
            if (viewers.remove(number) != null) {
                var _ = send.test(DriverMessage.unview(browser, number));
            }
        };
    }

    /// Told by the driver.
    void answered(long call, CompletableFuture<List<ViewedPage>> pages) {
        Optional.ofNullable(calls.remove(call))
                .ifPresent(waiting -> pages.whenComplete((found, why) -> {
                    if (why == null) {
                        waiting.complete(found);
                    } else {
                        waiting.completeExceptionally(why);
                    }
                }));
    }

    /// Told by the driver.
    ///
    /// @param base64 of a JPEG; empty when there is no page
    void picture(long view, String base64) {
        var viewer = viewers.get(view);
        if (viewer == null) {
            return;
        }
        try {
            var jpeg = Base64.getDecoder().decode(base64);
            viewer.picture(jpeg.length == 0 ? Optional.empty() : Optional.of(jpeg));
        } catch (IllegalArgumentException _) {
            failed(view, "the driver sent no picture");
        }
    }

    /// Told by the driver.
    void failed(long view, String why) {
        Optional.ofNullable(viewers.remove(view)).ifPresent(viewer -> viewer.ended(why));
    }

    /// The browser has ended.
    void end() {
        ended = true;
        viewers.keySet().forEach(view -> failed(view, "the browser has ended"));
        calls.values().forEach(call -> call.completeExceptionally(new DriverFailedException("the browser has ended")));
        timelines
                .values()
                .forEach(call -> call.completeExceptionally(new DriverFailedException("the browser has ended")));
    }

    /// What a session has called, as its driver says.
    ///
    /// @param waiting what its client waits for, such as `waiting 28 s in Frame.click`; empty for nothing
    /// @param running calls that have no answer yet, the one that began first comes first
    /// @param ended the newest first
    /// @param forgotten how many there were that are not listed
    public record SessionTimeline(
            String waiting, List<TimelineCall> running, List<TimelineCall> ended, long forgotten) {
        private static final int MAX_CALLS = 4000;
        private static final int MAX_TEXT = 500;

        /// One call of a client.
        ///
        /// @param id that the client gave it: a number or a text; empty for a mere wait
        /// @param method in the words of the protocol
        /// @param page that it is about, as in the list of pages; empty when it is about none
        /// @param startedAt on the worker's clock
        /// @param durationMs how long it took, or has taken so far
        /// @param error the kind of error of its answer; empty when it has none
        /// @param address where it navigates to, with `TIMELINE_DETAILS`
        /// @param text of the error, with `TIMELINE_DETAILS`
        public record TimelineCall(
                String id,
                String method,
                String page,
                Instant startedAt,
                long durationMs,
                String error,
                Optional<String> address,
                Optional<String> text) {}

        static SessionTimeline read(JsonNode node) {
            var running = calls(node.path("running")).toList();
            var waiting = running.stream()
                    .findFirst()
                    .map(call -> "waiting " + call.durationMs() / 1000 + " s in " + call.method())
                    .orElse("");
            return new SessionTimeline(
                    waiting,
                    running,
                    calls(node.path("ended")).toList(),
                    node.path("forgotten").asLong(0));
        }

        private static Stream<TimelineCall> calls(JsonNode list) {
            return list.valueStream().limit(MAX_CALLS).map(SessionTimeline::call);
        }

        private static TimelineCall call(JsonNode node) {
            return new TimelineCall(
                    text(node, "id").orElse(""),
                    text(node, "method").orElse(""),
                    text(node, "page").orElse(""),
                    Instant.ofEpochMilli(node.path("startedAt").asLong(0)),
                    node.path("ms").asLong(0),
                    text(node, "error").orElse(""),
                    text(node, "address"),
                    text(node, "text"));
        }

        private static Optional<String> text(JsonNode node, String field) {
            return Optional.of(node.path(field))
                    .filter(JsonNode::isString)
                    .map(JsonNode::asString)
                    .map(text -> text.substring(0, Math.min(text.length(), MAX_TEXT)));
        }
    }
}
