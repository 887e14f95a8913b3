/// A worker: serves one browser type. [dev.greenroom.worker.WorkerSupervisor] starts one worker run after
/// the other; [dev.greenroom.worker.WorkerRun] is one of them, from its registration to its end;
/// [dev.greenroom.worker.WorkerRegistration] sends heartbeats and receives orders. Nothing here knows the
/// proxy.
@NullMarked
package dev.greenroom.worker;

import org.jspecify.annotations.NullMarked;
