package dev.greenroom.proxy;

import dev.greenroom.proxy.access.AccessControl;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Decides whether a client may ask for a slot. Thread-safe.
final class Admission {
    private final AccessControl access;
    private final Registry registry;
    private final BrowserType defaultBrowser;
    private final BooleanSupplier overloaded;
    private final VersionRefusals versionRefusals;
    private volatile boolean draining;

    /// @param access checks host names, origins and tokens
    /// @param overloaded whether this proxy already has more load than it can handle
    /// @param nanoTime a monotonic clock
    Admission(
            AccessControl access,
            Registry registry,
            BrowserType defaultBrowser,
            BooleanSupplier overloaded,
            LongSupplier nanoTime) {
        this.access = access;
        this.versionRefusals = new VersionRefusals(nanoTime);
        this.overloaded = overloaded;
        this.registry = registry;
        this.defaultBrowser = defaultBrowser;
    }

    /// The outcome.
    sealed interface Decision {
        /// The client may ask for a slot.
        ///
        /// @param browser the type of the workers to choose from
        /// @param pass counts the session for its tenant until it is closed
        /// @param unable workers that have recently refused the client's version
        record Admitted(ClientRequest request, BrowserType browser, AccessControl.Pass pass, Set<WorkerId> unable)
                implements Decision, AutoCloseable {
            /// The tenant of the client.
            Tenant tenant() {
                return pass.tenant();
            }

            @Override
            public void close() {
                pass.close();
            }
        }

        /// The client is refused.
        record Refused(Refusal why) implements Decision {}
    }

    /// Decides about a client.
    ///
    /// @throws dev.greenroom.registry.Registry.RegistryUnavailableException if the list of workers is
    ///     unknown
    Decision decide(ClientConnection client) {
        return switch (access.authorizeSession(
                client.connection().head(), client.remote().getAddress())) {
            case AccessControl.Verdict.Refused(var why) -> new Decision.Refused(why);
            case AccessControl.Verdict.OverLimit(var tenant, var why) -> {
                client.setTenant(tenant);
                yield new Decision.Refused(why);
            }
            case AccessControl.Verdict.Allowed(var pass) -> {
                client.setTenant(pass.tenant());
                yield withPass(client, pass);
            }
        };
    }

    /// Decides about a connection that joins a session. Its address names the session's browser, a secret,
    /// and so needs no token.
    Optional<Refusal> refusalToJoin(ClientConnection client) {
        return draining
                ? Optional.of(new Refusal.Draining())
                : access.refusalToJoin(client.connection().head());
    }

    /// Whose connection this is, for one that counts as no session.
    AccessControl.Verdict tenantOf(ClientConnection client) {
        return draining
                ? new AccessControl.Verdict.Refused(new Refusal.Draining())
                : access.authorizePage(
                        client.connection().head(), client.remote().getAddress());
    }

    /// Closes the pass unless the client is admitted.
    private Decision withPass(ClientConnection client, AccessControl.Pass pass) {
        var keep = false;
        try {
            var decision = decide(client, pass);
            keep = decision instanceof Decision.Admitted;
            return decision;
        } finally {
            if (!keep) {
                pass.close();
            }
        }
    }

    private Decision decide(ClientConnection client, AccessControl.Pass pass) {
        if (draining) {
            return new Decision.Refused(new Refusal.Draining());
        }
        return switch (client.request()) {
            case ClientConnection.ReadRequest.Refused(var why) -> new Decision.Refused(why);
            case ClientConnection.ReadRequest.Request(var request) ->
                overloaded.getAsBoolean()
                        ? new Decision.Refused(new Refusal.NoSlot(NoSlotReason.OVERLOADED))
                        : checkVersion(request, pass);
        };
    }

    /// Decides by the cached list of workers, and reads it again before it refuses.
    private Decision checkVersion(ClientRequest request, AccessControl.Pass pass) {
        var decision = checkVersion(request, pass, registry.knownWorkers());
        return decision instanceof Decision.Refused ? checkVersion(request, pass, registry.workers()) : decision;
    }

    private Decision checkVersion(ClientRequest request, AccessControl.Pass pass, List<WorkerRecord> workers) {
        var browser = request.browser().orElse(defaultBrowser);
        List<SupportedVersions> others = new ArrayList<>();
        var unable = new HashSet<WorkerId>();
        var available = new TreeSet<PlaywrightVersion>();
        var able = false;
        for (var worker : workers) {
            if (worker.worker().browser() != browser) {
                continue;
            }
            if (!worker.versions().includes(request.version())) {
                others.add(worker.versions());
                continue;
            }
            var refusal = request.version().flatMap(wanted -> versionRefusals.of(worker.worker(), wanted));
            if (refusal.isPresent()) {
                unable.add(worker.worker());
                available.addAll(refusal.get());
            } else if (worker.status() == WorkerStatus.AVAILABLE || unable.isEmpty()) {
                able = true;
            }
        }
        if (able || request.version().isEmpty() || (others.isEmpty() && unable.isEmpty())) {
            return new Decision.Admitted(request, browser, pass, Set.copyOf(unable));
        }
        available.addAll(named(others));
        return new Decision.Refused(new Refusal.NoVersion(request.version().get(), List.copyOf(available)));
    }

    /// Records that a worker refused a version. For half a minute, clients of that version are not sent
    /// to it, and are refused at once if every worker has refused it.
    ///
    /// @param available the versions of that worker
    void recordVersionRefusal(WorkerId worker, PlaywrightVersion version, List<PlaywrightVersion> available) {
        versionRefusals.add(worker, version, available);
    }

    private static List<PlaywrightVersion> named(List<SupportedVersions> offers) {
        return offers.stream()
                .flatMap(offer ->
                        offer instanceof SupportedVersions.Only only ? only.versions().stream() : Stream.empty())
                .distinct()
                .sorted()
                .toList();
    }

    /// Refuses every client from now on.
    void drain() {
        draining = true;
    }

    /// Whether every client is refused.
    boolean isDraining() {
        return draining;
    }
}
