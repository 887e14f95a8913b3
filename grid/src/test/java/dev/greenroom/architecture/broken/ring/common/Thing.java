package dev.greenroom.architecture.broken.ring.common;

record Thing(String name) {}
