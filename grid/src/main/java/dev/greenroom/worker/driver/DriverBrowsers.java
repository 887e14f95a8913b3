package dev.greenroom.worker.driver;

import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.process.ChildProcess.ProcessTree;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The browsers of one driver process. Each is in one of three maps: launching, alive or closing.
final class DriverBrowsers {
    private static final Logger LOG = LoggerFactory.getLogger(DriverBrowsers.class);

    /// A death within this time after a session may be the session's doing.
    private static final long SUSPICION_NANOS = Duration.ofMinutes(1).toNanos();

    /// Sessions that are remembered by their connections.
    private static final int MAX_LATELY = 256;

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    /// A browser that is not empty by then is not used again.
    private static final Duration EMPTY_PATIENCE = Duration.ofSeconds(2);

    private final PlaywrightVersion version;
    private final DriverFolder folder;
    private final Predicate<String> send;
    private final ProcessHandle host;
    private final BooleanSupplier responsive;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final Map<Long, Live> live = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<Void>> closing = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<Optional<String>>> emptying = new ConcurrentHashMap<>();

    /// What a driver says of a session may come when the session has ended.
    private final Map<Served, SessionId> lately = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Served, SessionId> eldest) {
            return size() > MAX_LATELY;
        }
    };

    /// Why no more browsers can be launched. Written before the maps are emptied, read after an entry was
    /// added.
    private volatile @Nullable String ended;

    /// When a session last began or ended; empty before the first one.
    private volatile OptionalLong servedNanos = OptionalLong.empty();

    /// One connection to a browser.
    private record Served(long browser, long connection) {}

    /// @param limit how long the launch may take
    private record Pending(CompletableFuture<LaunchResult> answer, Duration limit, ClientProtocol protocol) {}

    /// @param limit how long its launch may take, once its client has connected
    private record Live(LaunchedBrowser browser, Optional<ProcessHandle> process, Duration limit) {
        void kill() {
            process.map(ProcessTree::of).ifPresent(ProcessTree::kill);
        }
    }

    /// @param send queues a line for the process; false when it takes no more
    /// @param host the process
    /// @param responsive whether the process answers
    DriverBrowsers(
            PlaywrightVersion version,
            DriverFolder folder,
            Predicate<String> send,
            ProcessHandle host,
            BooleanSupplier responsive) {
        this.responsive = responsive;
        this.version = version;
        this.folder = folder;
        this.send = send;
        this.host = host;
    }

    LaunchResult launch(LaunchSpec spec, Duration patience) throws InterruptedException {
        var id = ids.incrementAndGet();
        var answer = new CompletableFuture<LaunchResult>();
        pending.put(id, new Pending(answer, spec.timeout(), spec.protocol()));
        if (ended != null || !send.test(DriverMessage.launch(id, folder.socket(id), spec))) {
            failed(id, Objects.requireNonNullElse(ended, "the driver accepts no more commands"));
        }
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            closeWhenLaunched(answer);
            return new LaunchResult.Failed("the browser was not there within " + patience.toMillis() + " ms");
        } catch (InterruptedException e) {
            closeWhenLaunched(answer);
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void closeWhenLaunched(CompletableFuture<LaunchResult> answer) {
        var _ = answer.thenAccept(late -> {
            if (late instanceof LaunchResult.Launched(var browser)) {
                browser.close();
            }
        });
    }

    void launched(DriverMessage.Launched launched) {
        var id = launched.id();
        var awaited = pending.remove(id);
        if (awaited == null) {
            var _ = send.test(DriverMessage.close(id));
            return;
        }
        var address = new LaunchedBrowser.BrowserAddress(folder.socket(id), launched.wsPath(), launched.pid());
        var browser = new LaunchedBrowser(
                address,
                version,
                awaited.protocol(),
                () -> destroy(id),
                responsive,
                (connection, session) -> served(new Served(id, connection), session),
                () -> empty(id),
                new PageViews(id, send));
        live.put(id, new Live(browser, process(launched.pid()), awaited.limit()));
        awaited.answer().complete(new LaunchResult.Launched(browser));
        if (ended != null) {
            died(id);
        }
    }

    /// The views of a browser that lives.
    Optional<PageViews> views(long id) {
        return Optional.ofNullable(live.get(id)).map(it -> it.browser().views());
    }

    private void served(Served where, SessionId session) {
        servedNanos = OptionalLong.of(System.nanoTime());
        synchronized (lately) {
            lately.put(where, session);
        }
    }

    /// Whether a session may have caused what happens to the driver now.
    boolean servedLately() {
        var last = servedNanos;
        return live.values().stream().anyMatch(it -> !it.browser().sessions(0).isEmpty())
                || (last.isPresent() && System.nanoTime() - last.getAsLong() < SUSPICION_NANOS);
    }

    /// The sessions of a browser: the one with this connection, else all of now, else the one that was its
    /// last.
    Collection<SessionId> sessions(long id, long connection) {
        var browser = Optional.ofNullable(live.get(id));
        synchronized (lately) {
            var exact = Optional.ofNullable(lately.get(new Served(id, connection)));
            return exact.<Collection<SessionId>>map(List::of)
                    .or(() ->
                            browser.map(it -> it.browser().sessions(connection)).filter(current -> !current.isEmpty()))
                    .orElseGet(() -> lately.entrySet().stream()
                            .filter(it -> it.getKey().browser() == id)
                            .map(Map.Entry::getValue)
                            .reduce((_, later) -> later)
                            .map(List::of)
                            .orElse(List.of()));
        }
    }

    /// The browser of a client that has connected runs.
    void spawned(long id, long pid) {
        live.computeIfPresent(id, (_, waiting) -> {
            waiting.browser().spawned(pid);
            return new Live(waiting.browser(), process(pid), waiting.limit());
        });
    }

    /// The client has connected: its browser is launched when it is its turn.
    void launchRequested(long id) {
        var it = live.get(id);
        if (it != null) {
            Thread.ofVirtual().name("launch-turn").start(() -> answer(id, it));
        }
    }

    private void answer(long id, Live it) {
        try {
            var _ = send.test(DriverMessage.permit(id, it.browser().awaitLaunch(it.limit())));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The launch for a client that has connected is over.
    void launchEnded(long id, boolean succeeded) {
        Optional.ofNullable(live.get(id)).ifPresent(it -> it.browser().launchEnded(succeeded));
    }

    /// This process may have more rights than the driver, so it kills only children of the driver, whatever
    /// the driver calls its browser.
    private Optional<ProcessHandle> process(long pid) {
        return pid > 0 ? ProcessHandle.of(pid).filter(it -> it.parent().equals(Optional.of(host))) : Optional.empty();
    }

    /// The process does not answer: who waits for a launch had better ask another one.
    void unresponsive() {
        pending.keySet().forEach(id -> failed(id, "the driver does not answer"));
    }

    void failed(long id, String why) {
        notLaunched(id, new LaunchResult.Failed(why));
        closed(id);
    }

    void notLaunched(long id, LaunchResult why) {
        Optional.ofNullable(pending.remove(id))
                .ifPresent(awaited -> awaited.answer().complete(why));
    }

    /// A browser has died, or is considered dead; its remaining processes are killed.
    void died(long id) {
        died(id, Cause.BROWSER_CRASHED);
    }

    private void died(long id, Cause cause) {
        Optional.ofNullable(live.remove(id)).ifPresent(lost -> {
            emptied(id, Optional.of("it has ended"));
            lost.browser().died(cause);
            lost.kill();
        });
    }

    /// The driver has ended one session of a browser.
    void sessionEnded(DriverMessage.Ended ended) {
        Optional.ofNullable(live.get(ended.id()))
                .ifPresent(it -> it.browser().sessionEnded(ended.connection(), ended.ending()));
    }

    private CompletableFuture<Optional<String>> empty(long id) {
        var answer = new CompletableFuture<Optional<String>>();
        emptying.put(id, answer);
        if (!live.containsKey(id) || !send.test(DriverMessage.empty(id))) {
            emptied(id, Optional.of("it has ended"));
        }
        return answer.completeOnTimeout(
                        Optional.of("it was not empty within " + EMPTY_PATIENCE.toMillis() + " ms"),
                        EMPTY_PATIENCE.toMillis(),
                        TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> emptying.remove(id, answer));
    }

    /// A browser is ready for another session, or why it is not.
    void emptied(long id, Optional<String> refusal) {
        Optional.ofNullable(emptying.get(id)).ifPresent(answer -> answer.complete(refusal));
    }

    void closed(long id) {
        Optional.ofNullable(closing.remove(id)).ifPresent(done -> done.complete(null));
    }

    private void destroy(long id) {
        var doomed = live.remove(id);
        if (doomed == null) {
            return;
        }
        emptied(id, Optional.of("it was closed"));
        var done = new CompletableFuture<Void>();
        closing.put(id, done);
        if (ended != null || !send.test(DriverMessage.close(id))) {
            done.cancel(false);
        }
        var _ = done.orTimeout(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .whenCompleteAsync((_, failure) -> destroyed(id, doomed, failure), Thread::startVirtualThread);
    }

    private void destroyed(long id, Live doomed, @Nullable Throwable failure) {
        closing.remove(id);
        if (failure != null) {
            doomed.kill();
        }
        if (failure instanceof TimeoutException) {
            LOG.atWarn()
                    .addKeyValue("version", version)
                    .addKeyValue("browserPid", doomed.browser().address().pid())
                    .addKeyValue("code", "browser-did-not-end-when-told-to-killed")
                    .log("Browser did not close in time and was killed");
        }
    }

    /// The driver has ended, and all its browsers with it.
    ///
    /// @param death how its sessions end; empty when it was closed, then no deaths are reported
    void hostEnded(String words, Optional<Cause> death) {
        ended = words;
        pending.keySet().forEach(id -> failed(id, words));
        death.ifPresentOrElse(
                cause -> {
                    live.values().forEach(lost -> lost.browser().died(cause));
                    live.keySet().forEach(id -> died(id, cause));
                },
                () -> {
                    live.values().forEach(Live::kill);
                    live.clear();
                    emptying.keySet().forEach(id -> emptied(id, Optional.of(words)));
                });
        closing.values().forEach(done -> done.cancel(false));
    }
}
