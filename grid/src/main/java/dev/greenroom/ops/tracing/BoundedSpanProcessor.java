package dev.greenroom.ops.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands in front of the queue of the batch processor, which drops what it cannot hold and does not say
/// so: what does not fit is dropped and counted here.
record BoundedSpanProcessor(SpanProcessor batches, Queue queue, LostSpanCounter lost) implements SpanProcessor {
    /// How full it is.
    ///
    /// @param limit spans that have ended and wait
    record Queue(int limit, AtomicInteger waiting) {
        private boolean enter() {
            if (waiting.incrementAndGet() <= limit) {
                return true;
            }
            waiting.decrementAndGet();
            return false;
        }
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        batches.onStart(parent, span);
    }

    @Override
    public boolean isStartRequired() {
        return batches.isStartRequired();
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (!span.getSpanContext().isSampled()) {
            return;
        }
        if (queue.enter()) {
            batches.onEnd(span);
        } else {
            lost.add(1, "the queue is full (OTEL_BSP_MAX_QUEUE_SIZE), since the collector is slow or does not answer");
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    @Override
    public CompletableResultCode shutdown() {
        return batches.shutdown();
    }

    @Override
    public CompletableResultCode forceFlush() {
        return batches.forceFlush();
    }
}
