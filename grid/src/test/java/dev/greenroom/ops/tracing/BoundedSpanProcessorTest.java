package dev.greenroom.ops.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BoundedSpanProcessorTest {
    private final AtomicInteger waiting = new AtomicInteger();
    private final LostSpanCounter lost = new LostSpanCounter(() -> 0);
    private final Held held = new Held(new ArrayList<>());

    /// Keeps what it is given, as the queue of a processor whose collector does not answer.
    private record Held(List<ReadableSpan> spans) implements SpanProcessor {
        @Override
        public void onStart(Context parent, ReadWriteSpan span) {}

        @Override
        public boolean isStartRequired() {
            return false;
        }

        @Override
        public void onEnd(ReadableSpan span) {
            spans.add(span);
        }

        @Override
        public boolean isEndRequired() {
            return true;
        }
    }

    private static void make(Tracer tracer, int spans) {
        for (var i = 0; i < spans; i++) {
            tracer.spanBuilder("span").startSpan().end();
        }
    }

    @Test
    void what_does_not_fit_into_the_queue_is_dropped_and_counted() {
        try (var provider = SdkTracerProvider.builder()
                .addSpanProcessor(new BoundedSpanProcessor(held, new BoundedSpanProcessor.Queue(8, waiting), lost))
                .build()) {
            make(provider.get("test"), 20);

            assertThat(held.spans()).hasSize(8);
            assertThat(lost.count()).isEqualTo(12);
        }
    }

    @Test
    void what_is_sent_makes_room() {
        var exporter = new CountingSpanExporter(SpanExporter.noop(), waiting, lost);
        try (var provider = SdkTracerProvider.builder()
                .addSpanProcessor(new BoundedSpanProcessor(held, new BoundedSpanProcessor.Queue(8, waiting), lost))
                .build()) {
            make(provider.get("test"), 8);
            exporter.export(held.spans().stream().map(ReadableSpan::toSpanData).toList());
            make(provider.get("test"), 8);

            assertThat(held.spans()).hasSize(16);
            assertThat(lost.count()).isZero();
        }
    }
}
