import sys
import time

print("report")
while "--watch" in sys.argv:
    time.sleep(1)
