// Load on a ZooKeeper ensemble, by ZooKeeper's own C client, which ours and theirs are asked with alike.
//   zookeeper-load HOSTS set|get|create pipelined|single SECONDS BYTES     perSecond and, one at a time, p50 and p99 in ms, as JSON
//   zookeeper-load HOSTS fill COUNT BYTES                                  COUNT setData over 1,000 znodes, pipelined
//   zookeeper-load HOSTS grow COUNT BYTES                                  COUNT znodes below 1,000 parents, pipelined
//   zookeeper-load HOSTS probe                                             one setData after the other; a line "began ended" of each that
//                                                                          was answered, in ms of CLOCK_MONOTONIC, until stdin ends
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

enum { znodes = 1000, outstandingMax = 1000, latenciesMax = 10000000 };

static atomic_int isConnected;
static atomic_long answered, failedOnes, outstanding;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER;

static double nowMs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void watcher(zhandle_t *zh, int type, int state, const char *path, void *context) {
  (void)zh, (void)path, (void)context;
  if (type == ZOO_SESSION_EVENT) isConnected = state == ZOO_CONNECTED_STATE;
}

static void done(int rc) {
  if (rc == ZOK) answered++;
  else failedOnes++;
  pthread_mutex_lock(&mutex);
  if (outstanding-- == outstandingMax) pthread_cond_signal(&room);
  pthread_mutex_unlock(&mutex);
}
static void onStat(int rc, const struct Stat *stat, const void *data) { (void)stat, (void)data; done(rc); }
static void onData(int rc, const char *value, int length, const struct Stat *stat, const void *data) {
  (void)value, (void)length, (void)stat, (void)data;
  done(rc);
}
static void onString(int rc, const char *value, const void *data) { (void)value, (void)data; done(rc); }

static void waitForRoom(void) {
  pthread_mutex_lock(&mutex);
  while (outstanding >= outstandingMax) pthread_cond_wait(&room, &mutex);
  outstanding++;
  pthread_mutex_unlock(&mutex);
}

static void drained(void) {
  while (outstanding > 0) usleep(500);
}

static zhandle_t *connected(const char *hosts) {
  zhandle_t *zh = zookeeper_init(hosts, watcher, 20000, 0, 0, 0);
  for (double end = nowMs() + 30000; !isConnected; usleep(1000))
    if (nowMs() > end) exit((fprintf(stderr, "no member answers\n"), 1));
  return zh;
}

static void pathOf(char *into, long i) { sprintf(into, "/bench/n%ld", i % znodes); }

static void prepare(zhandle_t *zh, const char *value, int bytes) {
  char path[64];
  if (zoo_create(zh, "/bench", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, 0, 0) != ZOK) return;
  for (int i = 0; i < znodes; i++) {
    pathOf(path, i);
    zoo_create(zh, path, value, bytes, &ZOO_OPEN_ACL_UNSAFE, 0, 0, 0);
  }
}

static void ask(zhandle_t *zh, const char *what, long i, const char *value, int bytes) {
  char path[64];
  pathOf(path, i);
  waitForRoom();
  int rc;
  if (!strcmp(what, "set")) rc = zoo_aset(zh, path, value, bytes, -1, onStat, 0);
  else if (!strcmp(what, "get")) rc = zoo_aget(zh, path, 0, onData, 0);
  else {
    sprintf(path, "/bench/c%d-%ld", (int)getpid(), i);
    rc = zoo_acreate(zh, path, value, bytes, &ZOO_OPEN_ACL_UNSAFE, 0, onString, 0);
  }
  if (rc != ZOK) done(rc);
}

static void grow(zhandle_t *zh, long count, const char *value, int bytes) {
  char path[64];
  zoo_create(zh, "/big", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, 0, 0);
  for (int i = 0; i < znodes; i++) {
    sprintf(path, "/big/p%d", i);
    zoo_create(zh, path, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, 0, 0);
  }
  for (long i = 0; i < count; i++) {
    sprintf(path, "/big/p%ld/n%ld", i % znodes, i);
    waitForRoom();
    int rc = zoo_acreate(zh, path, value, bytes, &ZOO_OPEN_ACL_UNSAFE, 0, onString, 0);
    if (rc != ZOK) done(rc);
  }
  drained();
}

static int askOne(zhandle_t *zh, const char *what, long i, const char *value, int bytes) {
  static char buffer[1 << 20];
  char path[64];
  pathOf(path, i);
  int length = sizeof buffer;
  struct Stat stat;
  if (!strcmp(what, "set")) return zoo_set(zh, path, value, bytes, -1);
  if (!strcmp(what, "get")) return zoo_get(zh, path, 0, buffer, &length, &stat);
  sprintf(path, "/bench/o%d-%ld", (int)getpid(), i);
  return zoo_create(zh, path, value, bytes, &ZOO_OPEN_ACL_UNSAFE, 0, 0, 0);
}

static int byTime(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void timed(zhandle_t *zh, const char *what, int isPipelined, double seconds, const char *value, int bytes) {
  double *latencies = isPipelined ? 0 : malloc(latenciesMax * sizeof(double));
  double from = nowMs(), end = from + seconds * 1000;
  long i = 0;
  for (; nowMs() < end; i++) {
    if (isPipelined) {
      ask(zh, what, i, value, bytes);
      continue;
    }
    double began = nowMs();
    if (askOne(zh, what, i, value, bytes) != ZOK) exit((fprintf(stderr, "%s failed\n", what), 1));
    if (i < latenciesMax) latencies[i] = nowMs() - began;
  }
  if (isPipelined) {
    drained();
    if (failedOnes > 0) exit((fprintf(stderr, "%ld of %ld failed\n", (long)failedOnes, i), 1));
    printf("{\"perSecond\":%.0f}\n", answered * 1000.0 / (nowMs() - from));
    return;
  }
  double took = nowMs() - from;
  qsort(latencies, i, sizeof(double), byTime);
  printf("{\"perSecond\":%.0f,\"p50Ms\":%.3f,\"p99Ms\":%.3f}\n", i * 1000.0 / took, latencies[i / 2], latencies[i * 99 / 100]);
}

static atomic_int isOver;
static void *untilStdinEnds(void *nothing) {
  char buffer[64];
  while (read(0, buffer, sizeof buffer) > 0)
    ;
  isOver = 1;
  return nothing;
}

static void probe(zhandle_t *zh) {
  pthread_t reader;
  pthread_create(&reader, 0, untilStdinEnds, 0);
  while (!isOver) {
    double began = nowMs();
    int rc = zoo_set(zh, "/bench/n0", "x", 1, -1);
    if (rc == ZOK) printf("%.3f %.3f\n", began, nowMs()), fflush(stdout);
    else usleep(1000);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "usage: zookeeper-load HOSTS set|get|create|fill|probe …\n"), 2;
  zoo_set_debug_level(0);
  zhandle_t *zh = connected(argv[1]);
  int isFill = !strcmp(argv[2], "fill") || !strcmp(argv[2], "grow"), isProbe = !strcmp(argv[2], "probe");
  int bytes = isProbe ? 1 : atoi(argv[isFill ? 4 : 5]);
  char *value = malloc(bytes + 1);
  memset(value, 'v', bytes);
  prepare(zh, value, bytes);
  if (isProbe) probe(zh);
  else if (!strcmp(argv[2], "grow")) grow(zh, atol(argv[3]), value, bytes);
  else if (isFill) {
    long count = atol(argv[3]);
    for (long i = 0; i < count; i++) ask(zh, "set", i, value, bytes);
    drained();
  } else timed(zh, argv[2], !strcmp(argv[3], "pipelined"), atof(argv[4]), value, bytes);
  zookeeper_close(zh);
  return 0;
}
