package dev.greenroom.proxy.selection;

import dev.greenroom.registry.Acquisition.Granted;
import dev.greenroom.registry.LiveSession;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.WorkerId;

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
    public void describe(LiveSession.Client client) {
        leases.describe(grant.session(), client);
    }

    @Override
    public void close() {
        leases.release(grant.session());
    }
}
