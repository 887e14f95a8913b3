package dev.greenroom.worker.gateway;

import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.config.settings.WorkerSections.PoolSettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.ActiveRelays;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.server.ClientLog;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.pool.PooledBrowser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Runs sessions on this worker: one session, one call of [#run], one virtual thread. Slot and browser are
/// held exactly as long as that call lasts.
final class GatewaySessionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(GatewaySessionRunner.class);
    private static final Duration DRIVER_HANDSHAKE = Duration.ofSeconds(5);

    private final ProxyAuthenticator proxyAuthenticator;
    private final ProcessSlots.RunSlots slots;
    private final BrowserPool pool;
    private final Duration launchTimeout;
    private final PreconnectedDrivers ready;
    private final Dialer dialer;
    private final RelayStarter relayStarter;
    private final ActiveRelays live;
    private final Registry registry;
    private final LongSupplier nanoTime;
    private final Level lines;
    private final BrowserType type;
    private final boolean shared;

    /// What a session on this worker goes through, in this order.
    record GatewayStages(
            ProxyAuthenticator proxyAuthenticator,
            ProcessSlots.RunSlots slots,
            BrowserPool pool,
            PreconnectedDrivers lines,
            Dialer dialer,
            RelayStarter relayStarter,
            ActiveRelays live,
            Registry registry) {}

    /// @param settings say which browser, and how long its launch may take
    GatewaySessionRunner(GatewayStages stages, WorkerSections settings, Gateway.GatewayDependencies surroundings) {
        this.proxyAuthenticator = stages.proxyAuthenticator();
        this.slots = stages.slots();
        this.pool = stages.pool();
        this.ready = stages.lines();
        this.dialer = stages.dialer();
        this.relayStarter = stages.relayStarter();
        this.live = stages.live();
        this.registry = stages.registry();
        this.launchTimeout = settings.pool().launchTimeout();
        this.type = settings.browser().type();
        this.shared = settings.pool().isolation() == PoolSettings.Isolation.SHARED;
        this.nanoTime = surroundings.nanoTime();
        this.lines = surroundings.sessionLines();
    }

    /// What the client wants, as far as this worker needs to know.
    ///
    /// @param agent the client's `User-Agent`, which the driver checks
    /// @param fields of the 101, for the proxy
    private record RequestedBrowser(
            UpgradeRequest upgrade, Optional<String> agent, LaunchOverrides overrides, List<HttpHeader> fields) {
        Optional<PlaywrightVersion> version() {
            return agent.flatMap(PlaywrightVersion::ofUserAgent);
        }
    }

    /// Serves one session. Interruption means that the proxy hung up while it waited.
    void run(SessionId session, InboundConnection proxy) throws InterruptedException {
        var proof = proxyAuthenticator.answer(proxy.head(), session);
        if (proof.isEmpty()) {
            refuse(proxy, new Refusal.Unauthorized());
            return;
        }
        switch (UpgradeRequest.check(proxy.head())) {
            case UpgradeRequest.CheckedUpgrade.Invalid(var detail) -> refuse(proxy, new Refusal.BadRequest(detail));
            case UpgradeRequest.CheckedUpgrade.Valid(var upgrade) -> {
                switch (LaunchOverridesReader.read(proxy.head())) {
                    case LaunchOverridesReader.OverridesResult.Refused(var why) -> refuse(proxy, why);
                    case LaunchOverridesReader.OverridesResult.Checked(var overrides, var _) -> {
                        var applicable = pool.applicable(overrides);
                        List<HttpHeader> fields = new ArrayList<>(proof.get());
                        ClientLog.ignoredByWorker(applicable.ignored()).ifPresent(fields::add);
                        withSlot(
                                session,
                                proxy,
                                new RequestedBrowser(
                                        upgrade, proxy.head().header("User-Agent"), applicable.overrides(), fields));
                    }
                }
            }
        }
    }

    private static void refuse(InboundConnection proxy, Refusal why) {
        proxy.answer(RefusalResponses.answer(why));
    }

    private void withSlot(SessionId session, InboundConnection proxy, RequestedBrowser wanted)
            throws InterruptedException {
        var taken = slots.take();
        if (taken.isEmpty()) {
            refuse(proxy, slots.isDraining() ? new Refusal.Draining() : new Refusal.NoSlot(NoSlotReason.AT_CAPACITY));
            return;
        }
        try (var _ = taken.get()) {
            proxy.preparing();
            withBrowser(session, proxy, wanted);
        }
    }

    private void withBrowser(SessionId session, InboundConnection proxy, RequestedBrowser wanted)
            throws InterruptedException {
        var began = nanoTime.getAsLong();
        switch (pool.take(wanted.version(), wanted.overrides(), launchTimeout)) {
            case TakeResult.NoVersion(var available, var _) ->
                refuse(
                        proxy,
                        wanted.version()
                                .<Refusal>map(version -> new Refusal.NoVersion(version, available))
                                .orElse(new Refusal.NoSlot(NoSlotReason.UNREACHABLE)));
            case TakeResult.Fetching _ -> refuse(proxy, new Refusal.NoSlot(NoSlotReason.PREPARING));
            case TakeResult.Refused(var option, var why) -> refuse(proxy, new Refusal.RefusedOption(option, why));
            case TakeResult.LaunchFailed(var why) -> {
                LOG.atError()
                        .addKeyValue("code", "BROWSER_LAUNCH_FAILED")
                        .addKeyValue("cause", why)
                        .log("Browser launch failed for a session");
                proxy.answer(HttpResponse.json(500, "{\"error\":\"browser launch failed\"}"));
            }
            case TakeResult.Taken(var browser) -> {
                try (browser) {
                    connect(session, proxy, wanted, browser, began);
                }
            }
        }
    }

    private void connect(
            SessionId session, InboundConnection proxy, RequestedBrowser wanted, PooledBrowser browser, long began)
            throws InterruptedException {
        var line = ready.take(browser.wsPath(), wanted.upgrade());
        if (line.isPresent()) {
            relay(session, proxy, wanted, browser, line.get(), began);
            return;
        }
        var target = new Dialer.Target("localhost", browser.wsPath(), wanted.upgrade(), forTheDriver(wanted));
        switch (dialer.dial(proxy.eventLoop(), browser.socket(), target, DRIVER_HANDSHAKE)) {
            case ConnectResult.Upgraded(var driver) -> relay(session, proxy, wanted, browser, driver, began);
            case ConnectResult.Answered(var head, var body) ->
                failed(proxy, "the driver answered " + head.status() + " " + body);
            case ConnectResult.Preparing() -> failed(proxy, "the driver did not finish its answer");
            case ConnectResult.Failed(var why) -> failed(proxy, "the driver's socket: " + why);
        }
    }

    /// Nothing of what a client sent but these: its launch options have become the browser's own by now.
    private List<HttpHeader> forTheDriver(RequestedBrowser wanted) {
        List<HttpHeader> fields = new ArrayList<>();
        wanted.agent().ifPresent(name -> fields.add(new HttpHeader("User-Agent", name)));
        fields.add(new HttpHeader("x-playwright-browser", type.wireName()));
        wanted.overrides().exposeNetwork().ifPresent(hosts -> fields.add(new HttpHeader("x-playwright-proxy", hosts)));
        return fields;
    }

    private static void failed(InboundConnection proxy, String why) {
        LOG.atError()
                .addKeyValue("code", "DRIVER_REFUSED")
                .addKeyValue("cause", why)
                .log("Driver refused a session");
        proxy.answer(HttpResponse.json(500, "{\"error\":\"driver refused the session\"}"));
    }

    private void relay(
            SessionId session,
            InboundConnection proxy,
            RequestedBrowser wanted,
            PooledBrowser browser,
            OutboundConnection driver,
            long began)
            throws InterruptedException {
        try (driver) {
            var prepared = nanoTime.getAsLong() - began;
            var relay = relayStarter.join(proxy, driver, wanted.fields());
            browser.onDeath(() -> relay.end(SessionEnding.of(Cause.BROWSER_CRASHED)));
            if (shared) {
                ready.openAgain(browser.wsPath());
            }
            try (var _ = live.track(session, relay)) {
                var relayResult = relay.await();
                log(browser, prepared, relayResult, nanoTime.getAsLong() - began);
                releaseLostLease(session, relayResult);
            }
        }
    }

    private void log(PooledBrowser browser, long prepared, RelayResult relayResult, long total) {
        LOG.atLevel(lines)
                .addKeyValue("code", "WORKER_SESSION_ENDED")
                .addKeyValue("playwright", browser.version())
                .addKeyValue("warm", browser.warm())
                .addKeyValue("browserPid", browser.pid())
                .addKeyValue("ending", relayResult.ending().cause().words())
                .addKeyValue("prepareMs", TimeUnit.NANOSECONDS.toMicros(prepared) / 1_000.0)
                .addKeyValue("totalMs", TimeUnit.NANOSECONDS.toMicros(total) / 1_000.0)
                .addKeyValue("peakMemoryMiB", browser.peakBytes() >> 20)
                .log("Session ended on this worker");
    }

    /// A proxy that lives says goodbye; one that does not may have been killed, and nobody else would free
    /// its slots soon.
    private void releaseLostLease(SessionId session, RelayResult relayResult) {
        if (relayResult.ending().cause() != Cause.CLIENT_LOST) {
            return;
        }
        try {
            registry.release(List.of(session));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).addKeyValue("code", "the-lease-of-a-lost-proxy-will-run-out-by-itself").log("Release failed; the lease of a lost proxy expires by itself");
        }
    }
}
