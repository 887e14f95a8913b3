package dev.greenroom.architecture.broken.cli;

import io.opentelemetry.api.trace.Tracer;

record CommandThatTraces(Tracer tracer) {}
