/**
 * A small typed client of the Kubernetes API: {@link dev.gatehouse.client.Client}. Models are in
 * {@code dev.gatehouse.client.models}, generated from the same model as the server.
 */
package dev.gatehouse.client;
