package dev.greenroom.proxy.selection;

import dev.greenroom.registry.Acquisition.Granted;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.WorkerId;
import java.util.Optional;

/// A slot that is ours until it is closed. Closing never blocks and never fails: the release goes on in the background
/// until the registry has acknowledged it.
public final class Lease implements AutoCloseable {
    private final Leases leases;
    private final Granted grant;

    Lease(Leases leases, Granted grant) {
        this.leases = leases;
        this.grant = grant;
    }

    /// Whose slot it is.
    public WorkerId worker() {
        return grant.worker();
    }

    /// Where that worker takes sessions.
    public Endpoint endpoint() {
        return grant.endpoint();
    }

    /// Makes the session known to those who ask what runs. Returns at once; the registry is told within a second.
    ///
    /// @param version the client's version of Playwright
    /// @param remote the client's address
    public void describe(Optional<PlaywrightVersion> version, String remote) {
        leases.describe(grant.session(), new Leases.Client(version, remote));
    }

    @Override
    public void close() {
        leases.release(grant.session());
    }
}
