package dev.greenroom.worker.driver;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.process.ProcessTree;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The browsers of one driver process. A browser is in one of three maps: being launched, alive, being
/// closed.
final class DriverBrowsers {
    private static final Logger LOG = LoggerFactory.getLogger(DriverBrowsers.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final PlaywrightVersion version;
    private final DriverFolder folder;
    private final Predicate<String> send;
    private final ProcessHandle host;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final Map<Long, Live> live = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<Void>> closing = new ConcurrentHashMap<>();

    /// Why nothing can be launched any more. Written before the maps are emptied, read after something was
    /// put in.
    private volatile @Nullable String ended;

    /// @param limit how long the launch may take
    private record Pending(CompletableFuture<LaunchResult> answer, Duration limit) {}

    /// @param limit how long its launch may take, once its client has come
    private record Live(LaunchedBrowser browser, Optional<ProcessHandle> process, Duration limit) {
        void kill() {
            process.map(ProcessTree::of).ifPresent(ProcessTree::kill);
        }
    }

    /// @param send queues a line for the process; false when it takes no more
    /// @param host the process
    DriverBrowsers(PlaywrightVersion version, DriverFolder folder, Predicate<String> send, ProcessHandle host) {
        this.version = version;
        this.folder = folder;
        this.send = send;
        this.host = host;
    }

    LaunchResult launch(LaunchSpec spec, Duration patience) throws InterruptedException {
        var id = ids.incrementAndGet();
        var answer = new CompletableFuture<LaunchResult>();
        pending.put(id, new Pending(answer, spec.timeout()));
        if (ended != null || !send.test(DriverMessage.launch(id, folder.socket(id), spec))) {
            failed(id, Objects.requireNonNullElse(ended, "the driver does not take orders any more"));
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
        var browser = new LaunchedBrowser(address, version, () -> destroy(id));
        live.put(id, new Live(browser, process(launched.pid()), awaited.limit()));
        awaited.answer().complete(new LaunchResult.Launched(browser));
        if (ended != null) {
            died(id);
        }
    }

    /// The client has come for which a browser was to be launched.
    void spawned(long id, long pid) {
        live.computeIfPresent(id, (_, waiting) -> {
            waiting.browser().spawned(pid);
            return new Live(waiting.browser(), process(pid), waiting.limit());
        });
    }

    /// The client has come, and asks for its browser: it is launched when it is its turn.
    void isLaunching(long id) {
        var it = live.get(id);
        if (it != null) {
            Thread.ofVirtual().name("launch-turn").start(() -> answer(id, it));
        }
    }

    private void answer(long id, Live it) {
        try {
            var _ = send.test(DriverMessage.startCommand(id, it.browser().awaitLaunch(it.limit())));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The launch for a client that came is over.
    void cameUp(long id, boolean up) {
        Optional.ofNullable(live.get(id)).ifPresent(it -> it.browser().launchEnded(up));
    }

    /// What a driver calls its browser may be killed by us, who may be allowed more than the driver: it has
    /// to be a child of the driver's.
    private Optional<ProcessHandle> process(long pid) {
        return pid > 0 ? ProcessHandle.of(pid).filter(it -> it.parent().equals(Optional.of(host))) : Optional.empty();
    }

    void failed(long id, String why) {
        notLaunched(id, new LaunchResult.Failed(why));
        closed(id);
    }

    void notLaunched(long id, LaunchResult why) {
        Optional.ofNullable(pending.remove(id))
                .ifPresent(awaited -> awaited.answer().complete(why));
    }

    /// A browser is gone, or must be considered gone; what is left of its processes is killed.
    void died(long id) {
        Optional.ofNullable(live.remove(id)).ifPresent(lost -> {
            lost.browser().died();
            lost.kill();
        });
    }

    void closed(long id) {
        Optional.ofNullable(closing.remove(id)).ifPresent(done -> done.complete(null));
    }

    private void destroy(long id) {
        var doomed = live.remove(id);
        if (doomed == null) {
            return;
        }
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
                    .addKeyValue("code", "browser-did-not-end-when-told-to-killed").log("Browser did not close in time and was killed");
        }
    }

    /// The process is gone, and every browser with it.
    ///
    /// @param asked whether we wanted that; then nobody is told of deaths
    void hostEnded(String cause, boolean asked) {
        ended = cause;
        pending.keySet().forEach(id -> failed(id, cause));
        if (asked) {
            live.values().forEach(Live::kill);
            live.clear();
        } else {
            live.values().forEach(lost -> lost.browser().died());
            live.keySet().forEach(this::died);
        }
        closing.values().forEach(done -> done.cancel(false));
    }
}
