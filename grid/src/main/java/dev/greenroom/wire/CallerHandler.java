package dev.greenroom.wire;

/// Serves callers of this process.
@FunctionalInterface
public interface CallerHandler {
    /// Serves one, on a virtual thread of its own, until its session is over. Interrupted when it hangs up before it
    /// is answered.
    void serve(Caller caller) throws InterruptedException;
}
