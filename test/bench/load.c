/*
 * Load for the benchmarks. Modes:
 *   produce BOOTSTRAP TOPIC RECORDS RECORD_BYTES BATCH_BYTES [ACKS]   librdkafka producer, acks=1 unless given, linger 5 ms
 *   paced   BOOTSTRAP TOPIC RATE SECONDS ACKS   1 KB records at a rate, idempotent with acks=all; prints milliseconds:
 *                                               median and 99th percentile from produce to ack, longest time without an ack
 *   consume BOOTSTRAP TOPIC RECORDS                            librdkafka consumer of all partitions from the beginning
 *   write   HOST PORT BYTES WRITE_BYTES                        plain TCP: writes of that size, then waits for the close
 *   read    HOST PORT BYTES                                    plain TCP: reads until so many bytes have come
 *   touch   BYTES                                            writes to so much memory and gives it back
 * Prints seconds. Exits non-zero when anything was lost.
 */
#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static long delivered = 0;
static long lost = 0;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  (void)opaque;
  if (message->err) lost++;
  else delivered++;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) die(error);
}

static void produce(const char *bootstrap, const char *topic, long records, size_t bytes, const char *batch,
                    const char *acks) {
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "acks", acks);
  set(conf, "linger.ms", "5");
  set(conf, "batch.size", batch);
  set(conf, "queue.buffering.max.messages", "1000000");
  set(conf, "queue.buffering.max.kbytes", "262144");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!rk) die(error);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  char *payload = malloc(bytes);
  for (size_t i = 0; i < bytes; i++) payload[i] = (char)(33 + i * 7 % 90);
  double start = now();
  for (long i = 0; i < records; i++) {
    while (rd_kafka_produce(rkt, RD_KAFKA_PARTITION_UA, 0, payload, bytes, NULL, 0, NULL) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(rk, 10);
    }
    if (i % 1000 == 0) rd_kafka_poll(rk, 0);
  }
  rd_kafka_flush(rk, 120000);
  if (delivered != records) die("records were lost");
  printf("%.6f\n", now() - start);
}

static double *latencies;
static long answered = 0;
static double last_answer = 0, longest = 0;

static void on_paced_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  (void)opaque;
  if (message->err) die(rd_kafka_err2str(message->err));
  double at = now();
  double sent;
  memcpy(&sent, &message->_private, sizeof sent);
  latencies[answered++] = at - sent;
  if (last_answer > 0 && at - last_answer > longest) longest = at - last_answer;
  last_answer = at;
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}

static void paced(const char *bootstrap, const char *topic, long rate, double duration, const char *acks) {
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "acks", acks);
  if (strcmp(acks, "1")) set(conf, "enable.idempotence", "true");
  set(conf, "linger.ms", "0");
  set(conf, "message.timeout.ms", "120000");
  set(conf, "queue.buffering.max.messages", "1000000");
  set(conf, "log_level", "0");
  rd_kafka_conf_set_dr_msg_cb(conf, on_paced_delivery);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!rk) die(error);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  static char payload[1024];
  memset(payload, 'x', sizeof payload);
  long due = (long)((double)rate * duration);
  latencies = malloc((size_t)(due + 1) * sizeof *latencies);
  double start = now();
  for (long i = 0; i < due; i++) {
    double at = start + (double)i / (double)rate;
    for (double left = at - now(); left > 0; left = at - now()) rd_kafka_poll(rk, left > 0.001 ? 1 : 0);
    double sent = now();
    void *opaque;
    memcpy(&opaque, &sent, sizeof opaque);
    if (rd_kafka_produce(rkt, 0, 0, payload, sizeof payload, NULL, 0, opaque) == -1)
      die(rd_kafka_err2str(rd_kafka_last_error()));
  }
  while (answered < due) rd_kafka_poll(rk, 10);
  qsort(latencies, (size_t)answered, sizeof *latencies, ascending);
  printf("%.3f %.3f %.1f\n", latencies[answered / 2] * 1e3, latencies[answered * 99 / 100] * 1e3, longest * 1e3);
}

static void consume(const char *bootstrap, const char *topic, long records) {
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "group.id", "bench");
  set(conf, "enable.auto.commit", "false");
  set(conf, "fetch.message.max.bytes", "1048576");
  set(conf, "queued.max.messages.kbytes", "65536");
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!rk) die(error);
  const struct rd_kafka_metadata *metadata;
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  if (rd_kafka_metadata(rk, 0, rkt, &metadata, 10000)) die("no metadata");
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
  for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
    rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_poll_set_consumer(rk);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
  double start = now();
  rd_kafka_assign(rk, list);
  static rd_kafka_message_t *batch[10000];
  long seen = 0;
  while (seen < records) {
    ssize_t count = rd_kafka_consume_batch_queue(queue, 1000, batch, 10000);
    for (ssize_t i = 0; i < count; i++) {
      if (!batch[i]->err) seen++;
      rd_kafka_message_destroy(batch[i]);
    }
    if (now() - start > 120) die("not all records came");
  }
  printf("%.6f\n", now() - start);
  fflush(stdout);
  _exit(0);
}

static int dial(const char *host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  inet_pton(AF_INET, host, &address.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int one = 1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) die("cannot connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void write_plain(const char *host, int port, long bytes, size_t size) {
  int fd = dial(host, port);
  char *buffer = malloc(size);
  memset(buffer, 'x', size);
  double start = now();
  for (long left = bytes; left > 0;) {
    size_t count = left < (long)size ? (size_t)left : size;
    for (size_t at = 0; at < count;) {
      ssize_t done = write(fd, buffer + at, count - at);
      if (done <= 0) die("write failed");
      at += (size_t)done;
    }
    left -= (long)count;
  }
  shutdown(fd, SHUT_WR);
  char last[16];
  while (read(fd, last, sizeof last) > 0) {
  }
  printf("%.6f\n", now() - start);
}

static void read_plain(const char *host, int port, long bytes) {
  int fd = dial(host, port);
  size_t size = 1 << 20;
  char *buffer = malloc(size);
  double start = now();
  long seen = 0;
  while (seen < bytes) {
    ssize_t count = read(fd, buffer, size);
    if (count <= 0) die("the stream ended early");
    seen += count;
  }
  printf("%.6f\n", now() - start);
}

static void touch(size_t bytes) {
  double start = now();
  char *memory = malloc(bytes);
  memset(memory, 1, bytes);
  volatile char last = memory[bytes - 1];
  (void)last;
  free(memory);
  printf("%.6f\n", now() - start);
}

int main(int argc, char **argv) {
  if ((argc == 7 || argc == 8) && !strcmp(argv[1], "produce"))
    produce(argv[2], argv[3], atol(argv[4]), (size_t)atol(argv[5]), argv[6], argc == 8 ? argv[7] : "1");
  else if (argc == 7 && !strcmp(argv[1], "paced")) paced(argv[2], argv[3], atol(argv[4]), atof(argv[5]), argv[6]);
  else if (argc == 5 && !strcmp(argv[1], "consume")) consume(argv[2], argv[3], atol(argv[4]));
  else if (argc == 6 && !strcmp(argv[1], "write")) write_plain(argv[2], atoi(argv[3]), atol(argv[4]), (size_t)atol(argv[5]));
  else if (argc == 5 && !strcmp(argv[1], "read")) read_plain(argv[2], atoi(argv[3]), atol(argv[4]));
  else if (argc == 3 && !strcmp(argv[1], "touch")) touch((size_t)atol(argv[2]));
  else die("usage: load produce|paced|consume|write|read|touch ...");
  return 0;
}
