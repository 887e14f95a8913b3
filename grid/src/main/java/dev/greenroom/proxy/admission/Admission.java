package dev.greenroom.proxy.admission;

import dev.greenroom.access.Access;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.ClientRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.Browser;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.VersionOffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// Decides who may ask for a session. Safe for use by many threads.
public final class Admission {
    private final Access access;
    private final Registry registry;
    private final Browser defaultBrowser;
    private final BooleanSupplier overloaded;
    private volatile boolean draining;

    /// @param access decides who may connect at all
    /// @param overloaded whether this proxy has more to do already than it can
    public Admission(Access access, Registry registry, Browser defaultBrowser, BooleanSupplier overloaded) {
        this.access = access;
        this.overloaded = overloaded;
        this.registry = registry;
        this.defaultBrowser = defaultBrowser;
    }

    /// The decision.
    public sealed interface Decision {
        /// May ask.
        ///
        /// @param browser what the session will be placed by
        /// @param pass counts the session for its tenant until it is closed
        record Admitted(ClientRequest request, Browser browser, Access.Pass pass) implements Decision, AutoCloseable {
            /// On whose behalf the client asks.
            public Tenant tenant() {
                return pass.tenant();
            }

            @Override
            public void close() {
                pass.close();
            }
        }

        /// May not.
        record Refused(Refusal why) implements Decision {}
    }

    /// Considers a client.
    ///
    /// @throws dev.greenroom.registry.RegistryUnavailableException when the workers' versions are not known
    public Decision consider(ClientConnection client) {
        return switch (access.session(
                client.connection().head(), client.remote().getAddress())) {
            case Access.Verdict.Refused(var why) -> new Decision.Refused(why);
            case Access.Verdict.OverLimit(var tenant, var why) -> {
                client.actFor(tenant);
                yield new Decision.Refused(why);
            }
            case Access.Verdict.Allowed(var pass) -> {
                client.actFor(pass.tenant());
                yield withPass(client, pass);
            }
        };
    }

    /// Only who is admitted keeps the pass.
    private Decision withPass(ClientConnection client, Access.Pass pass) {
        var keep = false;
        try {
            var decision = consider(client, pass);
            keep = decision instanceof Decision.Admitted;
            return decision;
        } finally {
            if (!keep) {
                pass.close();
            }
        }
    }

    private Decision consider(ClientConnection client, Access.Pass pass) {
        if (draining) {
            return new Decision.Refused(new Refusal.Draining());
        }
        return switch (client.request()) {
            case ClientConnection.Read.Refused(var why) -> new Decision.Refused(why);
            case ClientConnection.Read.Request(var request) ->
                overloaded.getAsBoolean()
                        ? new Decision.Refused(new Refusal.NoSlot(NoSlotReason.OVERLOADED))
                        : versionChecked(request, pass);
        };
    }

    private Decision versionChecked(ClientRequest request, Access.Pass pass) {
        var browser = request.browser().orElse(defaultBrowser);
        List<VersionOffer> others = new ArrayList<>();
        for (var worker : registry.workers()) {
            if (worker.worker().browser() == browser) {
                if (worker.versions().includes(request.version())) {
                    return new Decision.Admitted(request, browser, pass);
                }
                others.add(worker.versions());
            }
        }
        return request.version().isEmpty() || others.isEmpty()
                ? new Decision.Admitted(request, browser, pass)
                : new Decision.Refused(new Refusal.NoVersion(request.version().get(), named(others)));
    }

    private static List<PlaywrightVersion> named(List<VersionOffer> offers) {
        return offers.stream()
                .flatMap(offer -> offer instanceof VersionOffer.Only only ? only.versions().stream() : Stream.empty())
                .distinct()
                .sorted()
                .toList();
    }

    /// Refuses everyone from now on.
    public void drain() {
        draining = true;
    }

    /// Whether newcomers are refused.
    public boolean isDraining() {
        return draining;
    }
}
