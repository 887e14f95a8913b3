package dev.greenroom.worker.gateway;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.session.SessionCall.ViewFrame;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.driver.PageViews.PageViewer;
import dev.greenroom.worker.driver.PageViews.ViewOptions;
import dev.greenroom.worker.driver.PageViews.ViewedPage;
import dev.greenroom.worker.driver.PageViews.WatchedPage;
import dev.greenroom.worker.pool.PooledBrowser;
import dev.greenroom.worker.process.DriverFailedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// What people see of the sessions of one worker run: their pages, and pictures of them. Proxies ask for it.
/// Safe for use by many threads.
final class SessionViews {
    /// Viewers of one session. Each costs its browser as much as the first one.
    static final int MAX_VIEWERS = 4;

    /// How long the first picture is waited for before the answer begins.
    private static final Duration FIRST = Duration.ofSeconds(1);

    /// What was sent last is sent again after so long, which also shows that nobody watches any more.
    private static final Duration REPEAT = Duration.ofSeconds(3);

    private static final int QUALITY = 60;
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int LEAST_WIDTH = 160;
    private static final int USUAL_WIDTH = 1024;
    private static final int MOST_WIDTH = 2560;
    private static final String PAGE_ID = "[0-9A-Za-z]{1,64}";

    private final Map<SessionId, ViewedSession> sessions = new ConcurrentHashMap<>();

    private record PagesBody(List<ViewedPage> pages) {}

    /// Lets people see a session until the result is closed.
    ///
    /// @param allowed whether its client lets them
    ViewedSession open(SessionId id, PooledBrowser browser, boolean allowed) {
        var session = new ViewedSession(id, browser, allowed);
        sessions.put(id, session);
        return session;
    }

    /// Answers a proxy.
    ///
    /// @param what is asked for: `pages` or `view`, if the session may be viewed, or `timeline`
    void serve(InboundConnection proxy, SessionId id, String what) throws InterruptedException {
        var session = sessions.get(id);
        if (session == null) {
            proxy.answer(error(404, "no such session"));
        } else if (what.equals("timeline")) {
            session.timeline(proxy);
        } else if (!session.allowed) {
            proxy.answer(error(403, "the client of this session does not let it be viewed (view=off)"));
        } else {
            switch (what) {
                case "pages" -> session.pages(proxy);
                case "view" -> session.view(proxy);
                default -> proxy.answer(error(404, "not found"));
            }
        }
    }

    private static HttpResponse error(int status, String why) {
        return HttpResponse.json(status, Json.mapper().writeValueAsString(Map.of("error", why)));
    }

    /// A session that people may see.
    final class ViewedSession implements AutoCloseable {
        private final SessionId id;
        private final PooledBrowser browser;
        private final boolean allowed;
        private final Set<Screen> screens = new HashSet<>(); // guarded by this
        private boolean over; // guarded by this

        private ViewedSession(SessionId id, PooledBrowser browser, boolean allowed) {
            this.id = id;
            this.browser = browser;
            this.allowed = allowed;
        }

        private void pages(InboundConnection proxy) throws InterruptedException {
            try {
                var pages = browser.pages().get();
                proxy.answer(HttpResponse.json(200, Json.mapper().writeValueAsString(new PagesBody(pages))));
            } catch (ExecutionException e) {
                proxy.answer(
                        e.getCause() instanceof DriverFailedException failed
                                ? error(409, String.valueOf(failed.getMessage()))
                                : error(503, "the driver does not answer"));
            }
        }

        private void timeline(InboundConnection proxy) throws InterruptedException {
            try {
                var timeline = browser.timeline().get();
                proxy.answer(HttpResponse.json(200, Json.mapper().writeValueAsString(timeline)));
            } catch (ExecutionException e) {
                proxy.answer(
                        e.getCause() instanceof DriverFailedException failed
                                ? error(409, String.valueOf(failed.getMessage()))
                                : error(503, "the driver does not answer"));
            }
        }

        private void view(InboundConnection proxy) throws InterruptedException {
            var page = proxy.head().query("page").orElse("");
            var width = proxy.head().query("width").filter(text -> text.matches("\\d{1,4}"));
            if (!page.isEmpty() && !page.matches(PAGE_ID)) {
                proxy.answer(error(400, "page must be the id of a page, from /v1/sessions/{id}/pages"));
                return;
            }
            var pixels = Math.clamp(width.map(Integer::parseInt).orElse(USUAL_WIDTH), LEAST_WIDTH, MOST_WIDTH);
            var options = new ViewOptions(new WatchedPage(page), pixels, pixels, QUALITY, PAUSE);
            var screen = new Screen();
            synchronized (this) {
                if (over || screens.size() >= MAX_VIEWERS) {
                    proxy.answer(
                            over
                                    ? error(404, "no such session")
                                    : error(503, "this session has " + MAX_VIEWERS + " viewers already"));
                    return;
                }
                screens.add(screen);
            }
            try (var _ = browser.watch(options, screen)) {
                send(proxy, screen);
            } finally {
                synchronized (this) {
                    screens.remove(screen);
                }
            }
        }

        private void send(InboundConnection proxy, Screen screen) throws InterruptedException {
            var first = screen.next(FIRST);
            if (first.isPresent() && first.get().kind() == ViewFrame.FrameKind.ENDED) {
                proxy.answer(error(409, new String(first.get().content(), StandardCharsets.UTF_8)));
                return;
            }
            var stream = proxy.open("application/octet-stream");
            var frame = first.orElse(ViewFrame.of(ViewFrame.FrameKind.NO_PICTURE));
            while (stream.isOpen()) {
                if (frame.kind() == ViewFrame.FrameKind.ENDED) {
                    stream.end(frame.encode());
                    return;
                }
                stream.send(frame.encode());
                frame = screen.next(REPEAT).orElse(frame);
            }
        }

        @Override
        public void close() {
            sessions.remove(id, this);
            Set<Screen> watching;
            synchronized (this) {
                over = true;
                watching = Set.copyOf(screens);
            }
            watching.forEach(screen -> screen.ended("the session has ended"));
        }
    }

    /// Holds the newest frame until it is sent.
    private static final class Screen implements PageViewer {
        private @Nullable ViewFrame newest; // guarded by this

        @Override
        public void picture(Optional<byte[]> jpeg) {
            show(jpeg.map(bytes -> new ViewFrame(ViewFrame.FrameKind.PICTURE, bytes))
                    .orElse(ViewFrame.of(ViewFrame.FrameKind.NO_PAGE)));
        }

        @Override
        public void ended(String why) {
            show(ViewFrame.ended(why));
        }

        private synchronized void show(ViewFrame frame) {
            if (newest == null || newest.kind() != ViewFrame.FrameKind.ENDED) {
                newest = frame;
            }
            notifyAll();
        }

        /// Takes the newest frame; empty when there is none in time.
        synchronized Optional<ViewFrame> next(Duration atMost) throws InterruptedException {
            var until = System.nanoTime() + atMost.toNanos();
            for (var left = atMost.toNanos(); newest == null && left > 0; left = until - System.nanoTime()) {
                wait(Math.max(1, Duration.ofNanos(left).toMillis()));
            }
            var taken = Optional.ofNullable(newest);
            newest = null;
            return taken;
        }
    }
}
